"""Pairs of answers and references that are easy to get wrong, for every scorer that compares texts."""

EDGES = [
    ("", "a b"),
    ("...", "..."),
    ("a", "a"),
    ("hello world", ""),
    ("the the the the", "the cat"),
    ("你好世界", "你好,世界"),
    ("สวัสดีชาวโลก", "สวัสดี"),
    ("مرحبا بالعالم", "مرحبا"),
    ("👍 ok 👍", "👍"),
    ("e\u0301te\u0301", "été"),
    ("a-b 3-4 1,000.5.", "a - b 3 - 4"),
    ("It&quot;s &amp; more", 'It"s & more'),
    ("line one\nline-\ntwo", "line one line two"),
    ("A cat sat on the mat.", "The cat sat on the mat!"),
    ("tab\tand  spaces", "tab and spaces"),
]
