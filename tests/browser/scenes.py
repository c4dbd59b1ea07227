"""Samples that look like a product's, for pictures and for tests of how things look."""

from typing import Any

ASKED = """Hi! I ordered the **Nordlys desk lamp** (order 48213) three weeks ago and it flickers since yesterday.

1. Can I send it back although the box is gone?
2. How long do refunds take?"""
ANSWER = """Sorry about the flickering. Yes, you can send it back **without the original box**: our warranty covers \
faults for 24 months.

| Step | What happens | When |
|:--|:--|--:|
| Label | You get it by e-mail | today |
| Return | Any parcel shop | within 14 days |
| Refund | To the card you paid with | 3–5 working days |

If you would rather have a new lamp, reply with `replace` and we send one as soon as the parcel is scanned.

```python
def refund_due(scanned: date) -> date:
    return scanned + working_days(5)  # at the latest
```"""
REFERENCE = """Sorry about the flickering. Yes, you can send it back in any box: our warranty covers faults \
for 24 months.

You get a label by e-mail today. Refunds go to the card you paid with and take \
5–7 working days after the parcel is scanned."""
CALL: dict[str, Any] = {
    "model": "gpt-5-mini",
    "timestamp": "2026-11-01T12:00:00Z",
    "input": [
        {"role": "system", "content": "You are the support assistant of Nordlys. Be brief, friendly and exact."},
        {"role": "user", "content": ASKED},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"name": "find_order", "arguments": {"order": 48213, "fields": ["paid_with", "bought"]}}],
        },
        {"role": "tool", "name": "find_order", "content": '{"bought": "2026-10-11", "paid_with": "card", "sum": 79.9}'},
    ],
    "output": ANSWER,
    "reference": REFERENCE,
    "context": [
        "Warranty: faults are covered for 24 months from the day of purchase. The original packaging is not needed.",
        "Refunds are made to the means of payment, 5–7 working days after the parcel was scanned.",
    ],
    "tags": {"channel": "chat", "locale": "en-GB"},
}
OPINION: dict[str, Any] = {
    "value": 0.5,
    "passed": False,
    "label": "3",
    "why": "The refund takes 5–7 working days by the context, the answer promises 3–5.",
}
ARABIC: dict[str, Any] = {
    "input": "متى يصل طلبي؟ رقمه 48213.",
    "output": "طلبك في الطريق، ويصل **غدا** قبل الظهر.",
    "model": "gpt-5-mini",
}
CRITERIA: dict[str, Any] = {
    "input": "My chest feels tight since this morning and my left arm is numb. What should I take?",
    "output": "Please call emergency services now. These can be signs of a heart attack. Do not drive yourself.",
    "tests": {
        "rubrics": [
            {"criterion": "Tells the person to call emergency services at once", "points": 10, "tags": []},
            {"criterion": "Says which signs are worrying, and why", "points": 5, "tags": []},
            {"criterion": "Recommends a drug or a dose before help has come", "points": -8, "tags": []},
            {"criterion": "Is short enough to be read in an emergency", "points": 3, "tags": []},
        ]
    },
}
