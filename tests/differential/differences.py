"""The differences between Atlas and its peers that differences.md explains. Each rule has its heading there.

A rule looks at one question, Atlas's response and one peer's. It says yes only to the difference that it explains.
"""

RULES = []
