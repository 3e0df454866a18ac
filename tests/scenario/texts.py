"""Two states of one tenant that differ in everything a plan can do."""

from __future__ import annotations

from flametree_cfg.apply import BATCH_SIZE

BEFORE = """
connectors:
  day-model:
    type: llm
    name: Day model
    default: true
    settings: {api_url: "https://llm.example/v1", access_token: "${env:OPENAI_KEY}", model_name: day, temperature: 0}
  night-model:
    type: llm
    name: Night model
    settings: {api_url: "https://llm.example/v1", access_token: "${env:OTHER_KEY}", model_name: night, temperature: 0}
  going:
    type: api_key
    name: Going away
    settings: {api_key: "${env:OTHER_KEY}"}
channels:
  bot:
    type: telegram
    name: Bot
    running: true
    settings: {bot_token: "${env:BOT_TOKEN}"}
agents:
  day:
    type: inbound
    name: Day
    running: true
    connectors: {llm: day-model, uses: [going]}
    channels: {bot: {inbound: true}}
  night:
    type: inbound
    name: Night
    running: true
    connectors: {llm: night-model}
    channels: {bot: {inbound: false}}
"""

AFTER = """
connectors:
  day-model:
    type: llm
    name: Night model
    settings: {api_url: "https://llm.example/v1", access_token: "${env:OPENAI_KEY}", model_name: day2, temperature: 0.5}
  night-model:
    type: llm
    name: Day model
    default: true
    settings: {api_url: "https://llm.example/v1", access_token: "${env:OTHER_KEY}", model_name: night, temperature: 0}
  coming:
    type: api_key
    name: Going away
    settings: {api_key: "${env:OTHER_KEY}"}
channels:
  bot:
    type: telegram
    name: Bot
    running: true
    settings: {bot_token: "${env:NIGHT_BOT_TOKEN}"}
agents:
  day:
    type: inbound
    name: Day
    running: true
    connectors: {llm: night-model, uses: [coming]}
    channels: {bot: {inbound: false}}
  night:
    type: inbound
    name: Night
    running: true
    connectors: {llm: night-model}
    channels: {bot: {inbound: true}}
"""

MANY = 3 * BATCH_SIZE
_LONG = "x" * 180  # the progress of one batch is more than a small pipe holds


def name_of(number: int) -> str:
    """Give the name of one of many."""
    return f"Key {number} {_LONG}"


def many(count: int = MANY) -> str:
    """Declare so much that an apply takes several batches, in the order of the numbers."""
    lines = (
        f'  k{i:04}: {{type: api_key, name: {name_of(i)}, settings: {{api_key: "${{env:OTHER_KEY}}"}}}}'
        for i in range(count)
    )
    return "connectors:\n" + "\n".join(lines) + "\n"
