"""The console in a headless Chromium: every page, every button, by mouse and by keyboard alone."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from resmem_core import Memory, Message, Outcome, ResilientMemory, Signal
from resmem_core.health.failures import Failure, Kind
from resmem_core.protocols import Put, Row
from tests.serve.consoles import ADA, SAID, SCRIPT, Running, contradict, fill, running

CHROMIUM = os.environ.get("RESMEM_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here: run  sh .ci/chromium.sh  or set RESMEM_CHROMIUM"
)

expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1200, "height": 860})
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, console: Running) -> Iterator[Page]:
    """The editor's console; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    made = context.new_page()
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    made.goto(console.editor)
    expect(made.locator(".item").first).to_be_visible()
    yield made
    # a refused request, which some tests ask for, is told by the browser too
    assert [c for c in complaints if "status of 4" not in c and "ERR_" not in c] == []


def go(page: Page, name: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=name).click()


def opened(page: Page, words: str) -> None:
    page.locator("button.item", has_text=words).click()
    expect(page.locator("#text")).to_contain_text(words)


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_the_token_leaves_the_address_bar_and_nothing_comes_from_elsewhere(
    context: BrowserContext, console: Running
) -> None:
    """Offline but for this machine, the console works."""
    asked: list[str] = []
    made = context.new_page()
    made.on("request", lambda request: asked.append(request.url))
    made.goto(console.editor)
    expect(made.locator(".item").first).to_be_visible()

    assert made.url == f"{console.base}/"
    assert all(url.startswith((console.base, "data:")) for url in asked)
    assert made.evaluate("document.cookie") == ""


def test_a_search_shows_relevance_and_reasons(page: Page) -> None:
    """What an agent would recall, and why."""
    page.get_by_role("searchbox").fill("How hot is the kiln?")
    button(page, "Search")
    best = page.locator(".hit").first

    expect(best).to_contain_text("1240")
    expect(best).to_contain_text("relevance")
    expect(best).to_contain_text("words +")
    best.click()
    expect(page.locator("#text")).to_contain_text("kiln")


def test_a_memory_is_edited_restored_and_pinned(page: Page, console: Running) -> None:
    """Each change is in its history."""
    opened(page, "kiln")
    button(page, "Edit")
    page.get_by_label("What it should say").fill("The kiln fires at 1260 degrees.")
    button(page, "Save")
    expect(page.locator("#text")).to_contain_text("1260")
    button(page, "Restore")
    expect(page.locator("#text")).to_contain_text("1240")
    button(page, "Pin")
    expect(page.get_by_role("button", name="Unpin")).to_be_visible()

    found = console.memory.get(ADA, "m1")
    assert found is not None
    assert found.pinned
    assert [v.how for v in console.memory.history(ADA, "m1")] == ["said", "edited", "restored"]
    button(page, "Unpin")
    expect(page.get_by_role("button", name="Pin", exact=True)).to_be_visible()


def test_the_second_editor_is_told(page: Page, console: Running) -> None:
    """What another wrote meanwhile stands, and their own wording is shown to them."""
    opened(page, "oboe")
    button(page, "Edit")
    console.memory.update(ADA, "m2", "My sister Ines plays the violin.")
    page.get_by_label("What it should say").fill("My sister Ines plays the cello.")
    button(page, "Save")
    dialog = page.get_by_role("dialog")

    expect(dialog).to_contain_text("Somebody else was first")
    expect(dialog).to_contain_text("cello")
    button(page, "Look again")
    expect(page.locator("#text")).to_contain_text("violin")


def test_forgetting_previews_and_gives_a_receipt(page: Page, console: Running) -> None:
    """Cancelled it does nothing; confirmed it says how many went."""
    opened(page, "Porto")
    button(page, "Forget")
    expect(page.get_by_role("dialog")).to_contain_text("7:40")
    button(page, "Cancel")
    assert console.memory.get(ADA, "m3") is not None
    button(page, "Forget")
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()

    expect(page.locator("#receipt")).to_contain_text("Erased 1 memory")
    assert console.memory.get(ADA, "m3") is None
    expect(page.locator("button.item", has_text="Porto")).to_have_count(0)


def test_something_is_remembered(page: Page, console: Running) -> None:
    """The gate's verdict is told."""
    button(page, "Remember …")
    page.get_by_label("What to remember").fill("The studio's key hangs behind the door.")
    page.get_by_role("dialog").get_by_role("button", name="Remember").click()
    expect(page.get_by_role("dialog")).to_contain_text("Taken in")
    button(page, "Close")

    expect(page.locator("button.item", has_text="behind the door")).to_be_visible()


def test_what_was_let_go_is_kept_after_all(context: BrowserContext) -> None:
    """The list shows the gate's reason; one button takes it back."""
    with ResilientMemory.open(":memory:", keep=0.3) as memory:
        session = memory.session("s", namespace=ADA)
        for number, text in enumerate(("ok", "hm", "My sister plays the oboe.", "yes", "no")):
            session.observe(Message("user", text, id=f"g{number}"))
        memory.sleep(ADA)
        with running(memory) as console:
            made = context.new_page()
            made.goto(console.editor)
            button(made, "Let go")
            first = made.locator("button.item").first
            expect(first).to_contain_text("worth")
            first.click()
            button(made, "Keep it after all")
            expect(made.get_by_role("heading", name="Memory", exact=True)).to_be_visible()


def test_a_conflict_is_settled(page: Page, console: Running) -> None:
    """Both wordings stand beside each other; what does not hold is closed."""
    contradict(console.memory)
    button(page, "Conflicts")
    pair = page.get_by_role("article", name="Conflict")
    expect(pair).to_contain_text("Monday")
    pair.get_by_role("button", name="Friday").click()
    expect(page.locator("#text")).to_contain_text("Friday")
    button(page, "The later holds")
    expect(page.get_by_text("No two memories seem to contradict")).to_be_visible()

    old = console.memory.get(ADA, "c0")
    assert old is not None
    assert old.valid_to is not None


def test_a_point_of_the_map_opens_its_memory(page: Page) -> None:
    """And below it stands what became of the memories over time."""
    button(page, "Map")
    expect(page.get_by_role("img", name="Tiers over time")).to_be_visible()
    expect(page.get_by_role("img", name="Quadrants over time")).to_be_visible()
    page.locator("circle").last.click()

    expect(page.locator("#text")).to_be_visible()


def test_a_text_full_of_markup_stays_text(page: Page) -> None:
    """In the list, among the hits and in the detail."""
    title = page.title()
    opened(page, "My page holds")
    page.get_by_role("searchbox").fill("my page")
    button(page, "Search")

    expect(page.locator(".hit", has_text="My page holds")).to_contain_text(SCRIPT)
    expect(page.locator("#text")).to_contain_text(SCRIPT)
    assert page.locator("main img, main script, main b").count() == 0
    assert page.title() == title


def test_live_shows_a_conversation_and_the_reason_of_a_moment(page: Page, console: Running) -> None:
    """Hormones and knobs over time; a moment is pointed at by keyboard; what happens appears."""
    go(page, "Live")
    slider = page.get_by_role("slider", name="Moment")
    expect(page.get_by_text("Moment 6 of 6")).to_be_visible()
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("Moment 5 of 6")).to_be_visible()
    expect(page.get_by_role("group", name="Knobs at this moment")).to_contain_text("temperature")

    console.memory.safe_mode(True)
    expect(page.locator("#safe")).to_be_visible()
    expect(page.get_by_role("group", name="Acts")).to_contain_text("safe")
    console.memory.safe_mode(False)


def test_a_proposal_is_approved_by_name_and_rolled_back(page: Page, console: Running) -> None:
    """Evidence and diff are shown; the version says who approved it."""
    go(page, "Policies")
    expect(page.get_by_text("What would change (1)")).to_be_visible()
    button(page, "Approve")
    page.get_by_label("Your name").fill("Grace")
    button(page, "Decide")
    expect(page.get_by_role("group", name="Versions")).to_contain_text("Grace")
    button(page, "Roll back to this")
    page.get_by_label("Your name").fill("Grace")
    button(page, "Decide")

    expect(page.get_by_role("group", name="Versions").locator("tbody tr")).to_have_count(3)
    assert console.memory.policies.active().version == 2


def test_a_proposal_is_rejected_with_a_reason(page: Page, console: Running) -> None:
    """And its proposer may not approve it."""
    go(page, "Policies")
    button(page, "Approve")
    page.get_by_label("Your name").fill("learner")
    button(page, "Decide")
    expect(page.locator("#said")).to_contain_text("propos")
    button(page, "Reject")
    page.get_by_label("Your name").fill("Grace")
    page.get_by_label("Why").fill("too little data")
    button(page, "Decide")
    expect(page.get_by_text("decided by Grace")).to_be_visible()

    assert [p.reason for p in console.memory.policies.proposals()] == ["too little data"]


def test_safe_mode_is_switched(page: Page, console: Running) -> None:
    """On, seen in the head of the page, and off again."""
    go(page, "Policies")
    button(page, "Switch safe mode on")
    expect(page.locator("#safe")).to_be_visible()
    assert console.memory.safe_mode()
    button(page, "Switch safe mode off")
    expect(page.locator("#safe")).to_be_hidden()


def test_another_namespace_is_chosen(page: Page) -> None:
    """By the page and by the list in the head."""
    go(page, "Namespaces")
    page.get_by_role("row", name="acme / bob").get_by_role("button").click()
    expect(page.locator("button.item")).to_have_count(1)
    page.get_by_label("Namespace").select_option("acme/ada")
    expect(page.locator("button.item")).to_have_count(len(SAID))
    button(page, "Map")
    expect(page.locator("circle")).to_have_count(len(SAID))


def test_a_viewer_finds_no_button_that_changes(context: BrowserContext, console: Running) -> None:
    """What the token does not allow is not offered."""
    made = context.new_page()
    made.goto(console.viewer)
    opened(made, "kiln")
    for name in ("Edit", "Pin", "Forget", "Restore", "Remember …"):
        expect(made.get_by_role("button", name=name, exact=True)).to_be_hidden()
    go(made, "Policies")
    expect(made.get_by_text("What would change (1)")).to_be_visible()
    expect(made.get_by_role("button", name=re.compile("Approve|Reject|Switch"))).to_have_count(0)


def test_the_keyboard_alone_is_enough(page: Page, console: Running) -> None:
    """From the address bar to a pinned memory without a mouse."""
    names = []
    for _ in range(40):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 40)"))
        if page.evaluate("document.activeElement.classList.contains('item')"):
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_contain_text("Lisbon")
    page.get_by_role("button", name="Edit", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement.textContent") == "Edit"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Unpin")).to_be_visible()

    assert names[0] == "Skip to the content"


def test_nothing_is_cut_off_at_390_pixels(page: Page) -> None:
    """No page scrolls sideways on a phone."""
    page.set_viewport_size({"width": 390, "height": 800})
    for name in ("Live", "Memories", "Policies", "Namespaces"):
        go(page, name)
        page.wait_for_load_state("networkidle") if name != "Live" else page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name


def test_an_old_tab_after_a_restart_is_told(context: BrowserContext, memory_file: str) -> None:
    """The tokens are new then; the tab says what to do, and nothing is lost."""
    made = context.new_page()
    with ResilientMemory.open(memory_file, keep=1.0) as memory:
        fill(memory)
        with running(memory) as console:
            port = int(console.base.rpartition(":")[2])
            made.goto(console.editor)
            expect(made.locator(".item").first).to_be_visible()
        with running(memory, port=port):
            button(made, "Map")
            expect(made.locator("#said")).to_contain_text("started again")


@pytest.fixture
def memory_file(tmp_path: object) -> str:
    return f"{tmp_path}/resmem.db"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(browser: Browser, console: Running, scheme: str) -> None:
    """Neither in the light nor in the dark, on any page."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    made = browser.new_page(color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    made.goto(console.editor)
    contradict(console.memory)
    opened(made, "kiln")
    faults: list[str] = []
    for name in (
        "Map",
        "Conflicts",
        "Let go",
        "Found",
        "Memories",
        "Live",
        "Policies",
        "Namespaces",
    ):
        if made.get_by_role("button", name=name, exact=True).count():
            button(made, name)
        else:
            go(made, name)
        made.wait_for_timeout(400)
        found = axe.Axe().run(made).response["violations"]
        faults += [
            f"{name}: {fault['id']} {fault['nodes'][0]['html'][:120]}"
            for fault in found
            if fault["impact"] in ("serious", "critical")
        ]
    made.close()

    assert faults == []


def parcel(number: int) -> Memory:
    """One of very many memories."""
    text = f"Parcel {number} went to shelf {number % 977}."
    ident = f"p{number}"
    return Memory(
        ident, ADA, text, (ident,), author="Ada", seq=number, at=float(number), tier="long"
    )


@pytest.mark.nightly
def test_a_hundred_thousand_memories_do_not_stall(
    context: BrowserContext, tmp_path: object
) -> None:
    """The page is there within a second, warm the rows too, and the last is one key away."""
    with ResilientMemory.open(f"{tmp_path}/big.db", keep=1.0) as memory:
        nothing = np.zeros(memory.components.embedder.dim, np.float32)
        for start in range(0, 100_000, 10_000):
            items = [parcel(number) for number in range(start, start + 10_000)]
            memory.store.apply([Put(tuple(Row(item, nothing) for item in items))])
        with running(memory) as console:
            made = context.new_page()
            made.goto(console.editor)
            paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
            made.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
            first = made.evaluate(paint)
            expect(made.locator("button.item").first).to_be_visible(timeout=200_000)
            made.reload()
            made.locator("button.item").first.wait_for()
            seconds = made.evaluate("performance.now()") / 1000
            expect(made.get_by_text("100,000 in all")).to_be_visible()
            assert made.locator(".item").count() < 40
            made.locator("button.item").first.focus()
            made.keyboard.press("End")
            expect(made.locator("button.item", has_text="Parcel 0 went")).to_be_visible()
    assert (first < 1.0, seconds < 1.0) == (True, True), f"{first:.2f} s, {seconds:.2f} s"


def outage(memory: ResilientMemory, page: Page) -> None:
    """A conversation whose calendar is away for a while, seen turn by turn."""
    session = memory.session("tuesday", namespace=ADA)
    for turn in range(24):
        down = 6 <= turn < 15
        memory.health.failed("tool:calendar", Failure(Kind.CONNECTION, True)) if down else (
            memory.health.succeeded("tool:calendar", seconds=0.2)
        )
        session.signal(Signal("tool_error", float(down)), Signal("latency", 1.0))
        session.outcome(Outcome(success=not down, latency=1.0))
        session.save()
        memory.health.save()
        page.wait_for_timeout(1100)
    page.get_by_role("combobox", name="Conversation").select_option(label="acme/ada · tuesday")
    page.wait_for_timeout(1500)


@pytest.mark.nightly
def test_pictures_of_the_docs(page: Page, console: Running, tmp_path: Path) -> None:
    """The docs show the pages as they are; RESMEM_PICTURES names where to put them."""
    folder = Path(os.environ.get("RESMEM_PICTURES", tmp_path))
    page.set_viewport_size({"width": 1180, "height": 820})
    opened(page, "kiln")
    page.screenshot(path=folder / "console-memories.png")
    go(page, "Live")
    outage(console.memory, page)
    page.screenshot(path=folder / "console-live.png", full_page=True)
    go(page, "Policies")
    expect(page.get_by_text("What would change (1)")).to_be_visible()
    page.screenshot(path=folder / "console-policies.png")
    button(page, "Dark or light")
    go(page, "Memories")
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("searchbox").fill("Where do I live?")
    button(page, "Search")
    expect(page.locator(".hit").first).to_be_visible()
    page.screenshot(path=folder / "console-phone.png")

    assert len(list(folder.glob("console-*.png"))) == 4
