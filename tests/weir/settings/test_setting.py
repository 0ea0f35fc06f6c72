"""Flag and variable follow from a setting's name."""

from __future__ import annotations

from weir.settings.setting import Setting
from weir.settings.values import switch


def test_flag_and_variable_have_the_name():
    setting = Setting(name="proxy_protocol", parse=str, placeholder="X", default="off", help="", processes=())
    assert (setting.flag, setting.variable) == ("--proxy-protocol", "WEIR_PROXY_PROTOCOL")
    assert not setting.is_switch


def test_a_setting_without_a_value_is_a_switch():
    assert Setting(name="no_demo", parse=switch, default="0", help="", processes=()).is_switch
