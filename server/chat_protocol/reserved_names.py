"""Words that read like a role, which nobody may be called (C7)."""

from __future__ import annotations

WORDS = [
    "admin",
    "administrator",
    "host",
    "mod",
    "moderator",
    "owner",
    "server",
    "staff",
    "system",
    "админ",
    "администратор",
    "модератор",
    "система",
]
"""Refused as a word of a name, or as all of it."""

ANYWHERE = [
    "主持人",
    "房主",
    "群主",
    "版主",
    "管理员",
    "管理員",
    "管理者",
    "系统",
    "系統",
    "服务器",
    "伺服器",
    "관리자",
    "운영자",
    "시스템",
]
"""Of scripts that put no space between words: looked for anywhere in a name."""
