"""One tenant in the hands of several people: the same resources, written as oddly as YAML allows."""

from __future__ import annotations

TIDY = """\
# yaml-language-server: $schema=../../schemas/tenant.json
tenant: zoo

connectors:
  model:                        # what all talk with
    type: llm
    name: Model
    description: Old words
    default: true
    settings:
      api_url: https://x.example/v1
      access_token: ${env:OPENAI_KEY}
      model_name: gpt-4o
      temperature: 0.2          # not creative

  # the night shift
  spare:
    type: llm
    name: Spare
    settings:
      api_url: https://x.example/v1
      access_token: ${env:OTHER_KEY}
      model_name: gpt-4o-mini
      temperature: 0.0

channels:
  mail:
    type: email
    name: Mail
    settings:
      accounts:                 # two mailboxes
        - address: help@zoo.example
          password: ${env:OPENAI_KEY}
          imap_server: imap.zoo.example
          imap_port: 993
          smtp_server: smtp.zoo.example
          smtp_port: 465
        - address: money@zoo.example
          password: ${env:OTHER_KEY}
          imap_server: imap.zoo.example
          imap_port: 993
          smtp_server: smtp.zoo.example
          smtp_port: 465
    environment: {POLL_SECONDS: "30"}
  bot:
    type: telegram
    name: Bot
    running: true
    settings: {bot_token: "${env:BOT_TOKEN}"}

agents:
  desk:
    type: inbound
    name: Desk
    running: true
    instructions: |
      You answer.
      Be kind.
    connectors:
      llm: model
    channels:
      bot: {inbound: true}
    environment:
      START_PHRASE: Hello
    max_opened_sessions: 40
"""

ODD = """\
%s# Zoo. Ask Ada before you touch this.
"agents"  :    # first, because they matter
        'desk'  :
           channels :   { 'bot' : { inbound : true, } }     # one for now
           connectors: {   llm:    model   }
           environment:
             START_PHRASE  :   'Hello'    # said at once
           type: inbound
           "name": &desk "Desk"   # shown
           max_opened_sessions:   40   # forty
           running:    true
           instructions:  |    # long
                You answer.
                Be kind.


connectors:
    model: &model
        default:    true
        description:  >-
              Old
              words
        name:
          Model
        type: llm
        settings: &talk {
            api_url: "https://x.example/v1",   # theirs
            access_token: "${env:OPENAI_KEY}",
            model_name:   'gpt-4o', temperature: 0.2,
        }
    # the night shift
    spare:
        type:   llm
        name:   "Sp\\
          are"
        settings:
          api_url: 'https://x.example/v1'
          access_token:  "${env:OTHER_KEY}"
          model_name: gpt-4o-mini
          # warm
          temperature: 0.0   # cold
        # end of spare

tenant: zoo    # us
channels:
 bot: {type: telegram, name: Bot, running: true, settings: {bot_token: "${env:BOT_TOKEN}"}}
 mail:
  name: Mail   # é 漢字 😀
  type: email
  environment:
     POLL_SECONDS:    &poll "30"
  settings:
   accounts:
   - {address: help@zoo.example, password: "${env:OPENAI_KEY}", imap_server: imap.zoo.example, imap_port: 993,
      smtp_server: smtp.zoo.example, smtp_port: 465}   # help
   -    smtp_server: smtp.zoo.example
        smtp_port: 465
        # money
        address: money@zoo.example
        password: ${env:OTHER_KEY}
        imap_server: "imap.zoo.example"
        imap_port: 993
"""

ALIASES = """\
tenant: zoo
connectors:
  model: {type: llm, name: Model, description: Old words, default: true, settings: &s {api_url: &u "https://x.example/v1",
    access_token: "${env:OPENAI_KEY}", model_name: gpt-4o, temperature: 0.2}}
  spare:
    type: llm
    name: Spare
    settings:
      api_url: *u
      access_token: ${env:OTHER_KEY}
      model_name: gpt-4o-mini
      temperature: 0.0
channels:
  mail:
    type: email
    name: Mail
    settings:
      accounts:
      - address: help@zoo.example
        password: ${env:OPENAI_KEY}
        imap_server: &imap imap.zoo.example
        imap_port: &in 993
        smtp_server: &smtp smtp.zoo.example
        smtp_port: &out 465
      - address: money@zoo.example
        password: ${env:OTHER_KEY}
        imap_server: *imap
        imap_port: *in
        smtp_server: *smtp
        smtp_port: *out
    environment: {POLL_SECONDS: "30"}
  bot: {type: telegram, name: Bot, running: &yes true, settings: {bot_token: "${env:BOT_TOKEN}"}}
agents:
  desk:
    type: inbound
    name: Desk
    running: *yes
    instructions: "You answer.\\nBe kind.\\n"
    connectors: {llm: model}
    channels: {bot: {inbound: *yes}}
    environment: {START_PHRASE: Hello}
    max_opened_sessions: 40"""

HANDS: dict[str, bytes] = {
    "tidy": TIDY.encode(),
    "tidy, CRLF": TIDY.replace("\n", "\r\n").encode(),
    "tidy, BOM": b"\xef\xbb\xbf" + TIDY.encode(),
    "tidy, no last line end": TIDY.removesuffix("\n").encode(),
    "odd": (ODD % "").encode(),
    "odd, document start": (ODD % "---\n").encode(),
    "odd, CRLF and BOM": b"\xef\xbb\xbf" + (ODD % "# é\n\n").replace("\n", "\r\n").encode(),
    "aliases": ALIASES.encode(),
}
"""The same tenant, as bytes on disk."""
