"""Between asyncio and Qt: the one place that knows both loops."""
