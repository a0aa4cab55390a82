# ruff: noqa: E501 (a table: its rows are read against each other)
"""The tasks' templates: what the user writes, the plan that a competent model follows, the goal.

A step is `tool | key=value; key=value`, or `tool or stand-in | …`. Values are literal, `{drawn}`,
or what the model has to find in its prompt: `<2.id>` (a field of step 2's result, of its first
row), `<1.text/City>` (what stands after "City:" in that field), `<1.#>` (how many rows),
`<fact/the door code>` (what the prompt says it is) or `<items/12/topic>` (12 lines it writes).
A goal is a row that the world must hold at the end, see `goals`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of task.

    Attributes:
        name, kind: its name, and the part of the world that it is about.
        says: the user's sentence.
        steps: the plan.
        goals: rows of the end state, all of which must hold.
        given: rows that the world holds before.
        told: what the user told in another thread before; a memory is needed to know it here.
        answer: tokens of the final answer; it must arrive whole.
    """

    name: str
    kind: str
    says: str
    steps: tuple[str, ...]
    goals: tuple[Row, ...]
    given: tuple[Row, ...] = ()
    told: str = ""
    answer: int = 30


EVENT: Final = ("event", "{event}", "{day}", "{time}", "{title}")
ORDER: Final = ("order", "{order}", "{who}", "{item}", "{qty}")
PAGE: Final = ("page", "{url}", "{who} lives in {city}. City: {city}. Age: {age}. Code: {code}.")
LINK: Final = ("page", "{url}", "The list is elsewhere. Next: {url2}. End.")
PAGE2: Final = ("page", "{url2}", "Price list. Item: {item}. Price: {amount}. Code: {code}.")

FIND_EVENT: Final = "calendar_find | day={day}"
FIND_ORDER: Final = "order_find | customer={who}"
OPEN: Final = "page_open or page_mirror | url={url}"
FOLLOW: Final = "page_open or page_mirror | url=<1.text/Next>"
BOOK: Final = "calendar_book | day={day2}; time={time2}; title={title2}"
PLACE: Final = "order_place or desk_paper | customer={who}; item={item}; qty={qty}"
MOVE: Final = "calendar_move | id=<1.id>; day={day2}; time={time2}"
SAVE: Final = "record_save | name={key}; fields=City:<1.text/City>,Age:<1.text/Age>"
HELD: Final = ("note", "{key2}", "The {thing} is {code}. {thing}: {code}.")

TEMPLATES: Final = (
    Template("book", "calendar", "Book {title2}.", (BOOK,), (("has", "{day2}", "{time2}", "{title2}"),)),
    Template("book_after_look", "calendar", "See what is on, then book {title2}.",
             (FIND_EVENT, BOOK), (("has", "{day2}", "{time2}", "{title2}"),), (EVENT,)),
    Template("move", "calendar", "Move {title} to {day2}.", (FIND_EVENT, MOVE),
             (("at", "{event}", "{day2}", "{time2}"),), (EVENT,)),
    Template("cancel", "calendar", "Cancel {title}.", (FIND_EVENT, "calendar_cancel | id=<1.id>"),
             (("gone", "{event}"),), (EVENT,)),
    Template("swap", "calendar", "Cancel {title} and book {title2} instead.",
             (FIND_EVENT, "calendar_cancel | id=<1.id>", BOOK),
             (("gone", "{event}"), ("has", "{day2}", "{time2}", "{title2}")), (EVENT,)),
    Template("book_pair", "calendar", "Book {title2} and {title3}.",
             (BOOK, "calendar_book | day={day3}; time={time3}; title={title3}"),
             (("has", "{day2}", "{time2}", "{title2}"), ("has", "{day3}", "{time3}", "{title3}"))),
    Template("count_day", "calendar", "Note how many events {day} has.",
             (FIND_EVENT, "note_write | key={key}; text=<1.#>"), (("note", "{key}", "1"),), (EVENT,)),
    Template("note_event", "calendar", "Write the id of {title} down.",
             (FIND_EVENT, "note_write | key={key}; text=<1.id>"),
             (("note", "{key}", "{event}"),), (EVENT,)),
    Template("order", "orders", "Order {qty} {item} for {who}.", (PLACE,),
             (("bought", "{who}", "{item}", "{qty}"),)),
    Template("order_two", "orders", "Order {item} and {item2} for {who}.",
             (PLACE, "order_place or desk_paper | customer={who}; item={item2}; qty={qty2}"),
             (("bought", "{who}", "{item}", "{qty}"), ("bought", "{who}", "{item2}", "{qty2}"))),
    Template("order_cancel", "orders", "Cancel the order of {who}.",
             (FIND_ORDER, "order_cancel | id=<1.id>"), (("status", "{order}", "cancelled"),), (ORDER,)),
    Template("refund", "orders", "Refund {amount} to {who}.",
             (FIND_ORDER, "order_refund | id=<1.id>; amount={amount}"),
             (("refunded", "{order}", "{amount}"),), (ORDER,)),
    Template("replace", "orders", "Cancel the order of {who} and order {item2}.",
             (FIND_ORDER, "order_cancel | id=<1.id>",
              "order_place or desk_paper | customer={who}; item={item2}; qty={qty2}"),
             (("status", "{order}", "cancelled"), ("bought", "{who}", "{item2}", "{qty2}")), (ORDER,)),
    Template("reorder", "orders", "Order for {who2} what {who} has.",
             (FIND_ORDER, "order_place or desk_paper | customer={who2}; item=<1.item>; qty=<1.qty>"),
             (("bought", "{who2}", "{item}", "{qty}"),), (ORDER,)),
    Template("order_note", "orders", "Write the order number of {who} down.",
             (FIND_ORDER, "note_write | key={key}; text=<1.id>"), (("note", "{key}", "{order}"),), (ORDER,)),
    Template("order_record", "orders", "File the order of {who}.",
             (FIND_ORDER, "record_save | name={key}; fields=item:<1.item>,qty:<1.qty>"),
             (("record", "{key}", "item", "{item}"), ("record", "{key}", "qty", "{qty}")), (ORDER,)),
    Template("refund_note", "orders", "Refund {amount} to {who} and note the number.",
             (FIND_ORDER, "order_refund | id=<1.id>; amount={amount}",
              "note_write | key={key}; text=<2.id>"),
             (("refunded", "{order}", "{amount}"), ("note", "{key}", "{order}")), (ORDER,)),
    Template("note", "notes", "Note that {key} is {code}.",
             ("note_write | key={key}; text={code}",), (("note", "{key}", "{code}"),)),
    Template("note_copy", "notes", "Copy {key2} to {key}.",
             ("note_read | key={key2}", "note_write | key={key}; text=<1.text/{thing}>"),
             (("note", "{key}", "{code}"),), (HELD,)),
    Template("note_two", "notes", "Note {code} under {key} and {code2} under {key3}.",
             ("note_write | key={key}; text={code}", "note_write | key={key3}; text={code2}"),
             (("note", "{key}", "{code}"), ("note", "{key3}", "{code2}"))),
    Template("note_event_from", "notes", "Book {title2} and note its number.",
             (BOOK, "note_write | key={key}; text=<1.id>"),
             (("has", "{day2}", "{time2}", "{title2}"), ("noted", "{key}"))),
    Template("note_record", "notes", "File what {key2} says.",
             ("note_read | key={key2}", "record_save | name={key}; fields=code:<1.text/{thing}>"),
             (("record", "{key}", "code", "{code}"),), (HELD,)),
    Template("note_order", "notes", "Order {qty} of what {key2} names, for {who}.",
             ("note_read | key={key2}",
              "order_place or desk_paper | customer={who}; item=<1.text/{thing}>; qty={qty}"),
             (("bought", "{who}", "{code}", "{qty}"),), (HELD,)),
    Template("extract", "extract", "File city and age from the page on {who}.",
             (OPEN, SAVE), (("record", "{key}", "City", "{city}"), ("record", "{key}", "Age", "{age}")),
             (PAGE,)),
    Template("extract_code", "extract", "File the code on the page of {who}.",
             (OPEN, "record_save | name={key}; fields=Code:<1.text/Code>"),
             (("record", "{key}", "Code", "{code}"),), (PAGE,)),
    Template("extract_all", "extract", "File city, age and code of {who}.",
             (OPEN, SAVE, "record_save | name={key}; fields=Code:<1.text/Code>"),
             (("record", "{key}", "City", "{city}"), ("record", "{key}", "Age", "{age}"),
              ("record", "{key}", "Code", "{code}")), (PAGE,)),
    Template("extract_note", "extract", "File the note {key2}.",
             ("note_read | key={key2}", "record_save | name={key}; fields=value:<1.text/{thing}>"),
             (("record", "{key}", "value", "{code}"),), (HELD,)),
    Template("extract_event", "extract", "File the event on {day}.",
             (FIND_EVENT, "record_save | name={key}; fields=title:<1.title>,time:<1.time>"),
             (("record", "{key}", "title", "{title}"), ("record", "{key}", "time", "{time}")), (EVENT,)),
    Template("extract_given", "extract", "File that {who} is {age} and lives in {city}.",
             ("record_save | name={key}; fields=City:{city},Age:{age}",),
             (("record", "{key}", "City", "{city}"), ("record", "{key}", "Age", "{age}"))),
    Template("report_4", "report", "Write 4 points on {topic}.",
             ("report_add | report={key}; items=<items/4/{topic}>",), (("report", "{key}", 4),)),
    Template("report_9", "report", "Write 9 points on {topic}.",
             ("report_add | report={key}; items=<items/9/{topic}>",), (("report", "{key}", 9),)),
    Template("report_14", "report", "Write 14 points on {topic}.",
             ("report_add | report={key}; items=<items/14/{topic}>",), (("report", "{key}", 14),)),
    Template("report_parts", "report", "Write 5 points on {topic}, then 5 on {topic2}.",
             ("report_add | report={key}; items=<items/5/{topic}>",
              "report_add | report={key}; items=<items/5/{topic2}>"), (("report", "{key}", 10),)),
    Template("report_page", "report", "Read the page on {who}, then write 6 points.",
             (OPEN, "report_add | report={key}; items=<items/6/{topic}>"), (("report", "{key}", 6),),
             (PAGE,)),
    Template("report_answer", "report", "Write 4 points on {topic} and sum them up at length.",
             ("report_add | report={key}; items=<items/4/{topic}>",), (("report", "{key}", 4),),
             answer=220),
    Template("page_note", "web", "Note the code on the page of {who}.",
             (OPEN, "note_write | key={key}; text=<1.text/Code>"), (("note", "{key}", "{code}"),), (PAGE,)),
    Template("page_follow", "web", "Follow the list's link and note its code.",
             (OPEN, FOLLOW, "note_write | key={key}; text=<2.text/Code>"),
             (("note", "{key}", "{code}"),), (LINK, PAGE2)),
    Template("page_price", "web", "Follow the link and file item and price.",
             (OPEN, FOLLOW, "record_save | name={key}; fields=Item:<2.text/Item>,Price:<2.text/Price>"),
             (("record", "{key}", "Item", "{item}"), ("record", "{key}", "Price", "{amount}")),
             (LINK, PAGE2)),
    Template("page_order", "web", "Order {qty} of the item that the linked page names, for {who}.",
             (OPEN, FOLLOW, "order_place or desk_paper | customer={who}; item=<2.text/Item>; qty={qty}"),
             (("bought", "{who}", "{item}", "{qty}"),), (LINK, PAGE2)),
    Template("page_event", "web", "Read the page on {who}, then book {title2}.", (OPEN, BOOK),
             (("has", "{day2}", "{time2}", "{title2}"),), (PAGE,)),
    Template("page_city", "web", "Note the city of {who}.",
             (OPEN, "note_write | key={key}; text=<1.text/City>"), (("note", "{key}", "{city}"),), (PAGE,)),
    Template("refund_price", "mixed", "Refund {who} the price on the linked page.",
             (OPEN, FOLLOW, FIND_ORDER, "order_refund | id=<3.id>; amount=<2.text/Price>"),
             (("refunded", "{order}", "{amount}"),), (LINK, PAGE2, ORDER)),
    Template("order_and_book", "mixed", "Order {qty} {item} for {who} and book {title2}.", (PLACE, BOOK),
             (("bought", "{who}", "{item}", "{qty}"), ("has", "{day2}", "{time2}", "{title2}"))),
    Template("plan_trip", "mixed", "Note the city of {who}, book {title2}, write 4 points on {topic}.",
             (OPEN, "note_write | key={key}; text=<1.text/City>", BOOK,
              "report_add | report={key}; items=<items/4/{topic}>"),
             (("note", "{key}", "{city}"), ("has", "{day2}", "{time2}", "{title2}"),
              ("report", "{key}", 4)), (PAGE,)),
    Template("clear_day", "mixed", "Move {title} and cancel the order of {who}.",
             (FIND_EVENT, MOVE, FIND_ORDER, "order_cancel | id=<3.id>"),
             (("at", "{event}", "{day2}", "{time2}"), ("status", "{order}", "cancelled")), (EVENT, ORDER)),
    Template("recall_code", "recall", "Note the {thing} of {city} that I told you.",
             ("note_write | key={key}; text=<fact/{thing} of {city}>",), (("note", "{key}", "{code}"),),
             told="The {thing} of {city} is {code}."),
    Template("recall_record", "recall", "File the {thing} of {city} that I told you.",
             ("record_save | name={key}; fields=code:<fact/{thing} of {city}>",),
             (("record", "{key}", "code", "{code}"),), told="The {thing} of {city} is {code}."),
    Template("recall_order", "recall", "Order {qty} of the {thing} of {city} that I told you, for {who}.",
             ("order_place or desk_paper | customer={who}; item=<fact/{thing} of {city}>; qty={qty}",),
             (("bought", "{who}", "{code}", "{qty}"),), told="The {thing} of {city} is {code}."),
)  # fmt: skip

BY_NAME: Final = {template.name: template for template in TEMPLATES}
SOLID: Final = tuple(t for t in TEMPLATES if not t.told)
"""Templates that need no memory across threads: only these are pooled."""
RECALL: Final = tuple(t for t in TEMPLATES if t.told)
