"""Pictures are XML, have both sets of colours, and stay within their panels."""

import re
from xml.etree import ElementTree

from benchmarks.avalanche.svg import DARK, LIGHT, Axis, Line, Panel, map_picture, picture

AXIS = Axis("seconds", [(0.0, "0"), (10.0, "10")], (2.0, 4.0), "slower")
LINES = [
    Line("a < b", "red", [(0.0, 0.0), (10.0, 99.0)]),
    Line("wide", "blue", [(0.0, 1.0), (10.0, 0.5)], wide=True),
]
PICTURE = picture("Title & more", "measured", AXIS, [Panel("panel", LINES, 1.0, (0, 1))])
MAP = map_picture(
    "Map",
    "simulated",
    {"one": {(0, 0): ("green", "5"), (1, 0): ("red", "∞")}},
    ["1", "2"],
    ["0.7"],
    ("x", "y"),
)


def test_a_picture_is_xml_with_its_words() -> None:
    for svg, words in (
        (PICTURE, {"Title & more", "measured", "a < b", "slower"}),
        (MAP, {"Map", "∞", "0.7"}),
    ):
        texts = {element.text for element in ElementTree.fromstring(svg).iter() if element.text}
        assert words <= texts


def test_a_picture_has_the_colours_of_light_and_of_dark_pages() -> None:
    assert LIGHT["paper"] in PICTURE.partition("@media")[0]
    assert DARK["paper"] in PICTURE.partition("prefers-color-scheme:dark")[2]


def test_what_is_above_the_top_of_a_panel_is_cut_off() -> None:
    lines = re.findall(r'points="([^"]+)"', PICTURE)
    heights = [float(point.split(",")[1]) for line in lines for point in line.split()]
    assert max(heights) - min(heights) == 150.0


def test_the_wide_line_is_drawn_first_so_that_it_hides_no_other() -> None:
    body = PICTURE.partition("</style>")[2]
    drawn = re.findall(r'<polyline class="([^"]+)"', body)
    assert drawn == ["line l-blue wide", "line l-red"]
