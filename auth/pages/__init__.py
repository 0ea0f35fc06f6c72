"""What people see at the authorization server: Jinja templates, one style sheet, words in English and 中文. No scripts.

``render`` makes an answer of a template, ``words`` has every sentence in both languages, ``language`` chooses. A page
works without JavaScript, by keyboard, on a phone and in the dark; errors stand beside the field that they are about.
"""
