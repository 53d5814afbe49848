"""The painted view of a conversation. What decides knows no Qt: `height_index`, `viewport`, `selection`, `grouping`,
`links`."""
