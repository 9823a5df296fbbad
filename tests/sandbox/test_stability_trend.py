from tests.sandbox.harness import Sandbox


async def test_the_trend_is_thirty_days_up_to_today(sandbox: Sandbox) -> None:
    trend = await sandbox.json("/projects/checkout-ios/stability_trend")

    points = trend["timeline_points"]
    assert (trend["project_id"], trend["release_stage_name"]) == (sandbox.project("checkout-ios").id, "production")
    assert len(points) == 30
    assert points[-1]["bucket_start"] == "2026-11-20T00:00:00.000Z"
    assert [point["bucket_start"] for point in points[1:]] == [point["bucket_end"] for point in points[:-1]]


async def test_the_rates_are_those_of_the_counts(sandbox: Sandbox) -> None:
    points = (await sandbox.json("/projects/checkout-ios/stability_trend"))["timeline_points"]

    for point in points:
        assert point["unhandled_rate"] == round(point["unhandled_sessions_count"] / point["total_sessions_count"], 6)
        assert point["unhandled_user_rate"] == round(point["users_with_unhandled"] / point["users_seen"], 6)


async def test_a_project_without_sessions_answers_204_with_no_body(sandbox: Sandbox) -> None:
    answer = await sandbox.get("/projects/warehouse-scanner/stability_trend")

    assert (answer.status_code, answer.content) == (204, b"")
