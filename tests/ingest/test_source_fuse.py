"""A source whose records cannot be read any more."""

from tests.ingest.poller_world import World
from tests.ingest.scripts import Script, bad, page
from workers.streaming.engine.halts.fuse import NO_FUSE


async def test_a_source_of_which_too_much_cannot_be_read_is_stopped() -> None:
    """As after a change of the vendor's: the page that is one too many is not written."""
    pages = [page("support", n, dead=[bad(f"{n}/{i}") for i in range(40)]) for n in range(1, 4)]
    world = World(Script(pages))
    assert await world.run()
    *written, (_, stopped) = world.publisher.written
    assert [saved.checkpoint["cursor"] for _, saved in written] == ["1", "2"]
    assert (stopped.status, stopped.checkpoint) == ("stopped", {"cursor": "2"})
    assert "100 records in a row cannot be read" in stopped.remedy
    assert "PRODUCTOPS_FUSE=false" in stopped.remedy
    assert world.metric("productops_source_up") == 0
    assert world.metric("productops_source_errors_total", error_class="data") == 1


async def test_a_person_may_have_all_bad_records_set_aside() -> None:
    """Without the fuse a source goes on however many records are bad."""
    pages = [page("support", n, dead=[bad(f"{n}/{i}") for i in range(90)]) for n in range(1, 20)]
    world = World(Script(pages), fuse=NO_FUSE)
    await world.run()
    assert world.publisher.written[-1][1].status == "ok"
    assert world.publisher.written[-1][1].checkpoint == {"cursor": "19"}
