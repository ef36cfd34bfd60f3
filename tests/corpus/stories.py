"""Made-up towns, ships, companies and people: sentences that each answer a question."""

# ruff: noqa: E501, SIM905

from __future__ import annotations

import random
import re

from tests.corpus.facts import Told

FIRST = """
    Tilda Jonas Maren Oskar Selma Ivo Greta Anton Frida Lasse Nora Emil Hedda Viktor Astrid
    Bruno Clara Felix Ingrid Matteo Pia Ruben Sofia Tomas Ulla Yara Zeno Agnes Caspar Dora
""".split()
LAST = """
    Rask Wick Halvorsen Brandt Okello Lindqvist Moreau Castell Duarte Ferris Galt Hobbes Ilves
    Jansky Kessler Lorne Marchetti Nadir Orban Pruett Quist Renner Salter Thorne Ullman Varga
    Wexford Yates Zeller Ambrose Birk Corvin
""".split()
PLACES = """
    Aldersund Birkholm Carrowby Dunmere Eskvale Fallowick Garsdal Hollinmoor Inverlea Jarlsby
    Kestrelford Lundmark Marrowgate Nethervik Ostrava-Dell Pellworth Quennby Ravensund Skarholt
    Thistlewick Umberleigh Vinterdal Wraysford Yarnholme Zelbury
""".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November".split()

KINDS = {
    "town": """
The town of {name} was founded in [{year}] by settlers from {place}. | When was the town of {name} founded?
Its first mayor was [{person}], a cooper who could neither read nor write. | Who was the first mayor of {name}?
The stone bridge of {name} was designed by the engineer [{person}] and cost {money} crowns. | Who designed the stone bridge of {name}?
A fire destroyed [{count}] houses of {name} in the night of the great gale. | How many houses of {name} did a fire destroy?
The market of {name} is held every [{day}], except in the week of the harvest. | On which day is the market of {name} held?
Since {year} the waterworks of {name} have drawn their water from [Lake {place}]. | Where do the waterworks of {name} draw their water from?
The bell of the town hall in {name} weighs [{count} kilograms] and was cast in {place}. | How much does the bell of the town hall in {name} weigh?
“We shall build the school first. The road can wait,” [{person}] told the council of {name}. | Who told the council of {name} that the road can wait?
The schoolteacher [{person}] founded the public library of {name} with {count} books of her own. | Who founded the public library of {name}?
In {name} the last wolf was seen in [{year}], by two children on their way to the mill. | When was the last wolf seen in {name}?
The railway reached {name} from [{place}] after seven years of quarrels about the tunnel. | From where did the railway reach {name}?
The old quarry of {name} was flooded on purpose in [{year}] and is a swimming pool now. | When was the old quarry of {name} flooded?
""",
    "ship": """
The steamer {name} was launched at [{place}] in the spring of {year}. | Where was the steamer {name} launched?
Her first captain was [{person}], who had sailed to the ice twice before. | Who was the first captain of the {name}?
The hull of the {name} is [{count} feet] long and was riveted by hand. | How long is the hull of the {name}?
On her first voyage the {name} carried [{count} barrels of lamp oil] and no passengers. | What did the {name} carry on her first voyage?
The {name} ran aground off {place} on [{date}], in fog so thick that nobody saw the bow. | When did the {name} run aground?
The cook [{person}] was the only one of the crew of the {name} who could swim. | Which of the crew of the {name} could swim?
Salvage of the {name} took [{count} days] and three tugs from {place}. | How long did the salvage of the {name} take?
The {name} was sold for [{money} crowns] to a dealer in scrap iron. | For how much was the {name} sold?
Her figurehead, a heron with a broken wing, was carved by [{person}]. | Who carved the figurehead of the {name}?
The log of the {name} is kept in the museum of [{place}], behind glass. | Where is the log of the {name} kept?
""",
    "company": """
{name} was founded in {year} by the sisters [{person} and {person}]. | Who founded {name}?
In its first year {name} sold [{count} kettles], all of them on credit. | How many kettles did {name} sell in its first year?
The head office of {name} moved to [{place}] because the rent there was lower. | Where did the head office of {name} move to?
Revenue of {name} rose by [{small}.5 per cent] in the second quarter. | By how much did the revenue of {name} rise in the second quarter?
The chief engineer of {name}, [{person}], holds four patents for valves. | Who is the chief engineer of {name}?
{name} closed its foundry in {place} in [{year}] after a strike of nine weeks. | When did {name} close its foundry?
The auditors of {name} found a mistake of [{money} crowns] in the accounts for steel. | How large was the mistake that the auditors of {name} found?
{name} employs [{count} people], one in five of them as an apprentice. | How many people does {name} employ?
The warehouse of {name} is guarded by two geese, which were the idea of [{person}]. | Whose idea was it that geese guard the warehouse of {name}?
Dividends of {name} are paid on [{date}] to all who held shares the day before. | When are the dividends of {name} paid?
""",
    "expedition": """
The {name} expedition set out from [{place}] with eleven sledges. | From where did the {name} expedition set out?
It was led by [{person}], a surveyor who had never seen snow. | Who led the {name} expedition?
The {name} expedition reached the glacier on [{date}], eight days late. | When did the {name} expedition reach the glacier?
The botanist [{person}] of the {name} expedition collected {count} kinds of moss. | Which botanist of the {name} expedition collected moss?
The lowest temperature that the {name} expedition measured was [minus {small} degrees]. | What was the lowest temperature that the {name} expedition measured?
All the coffee of the {name} expedition, [{count} pounds] of it, fell into a crevasse. | How much coffee did the {name} expedition lose?
The maps of the {name} expedition were drawn by [{person}] on the backs of bills. | Who drew the maps of the {name} expedition?
Rescue came to the {name} expedition by [a whaler from {place}] that had lost its way. | How did rescue come to the {name} expedition?
The {name} expedition cost [{money} crowns], most of which was lent by a brewery. | How much did the {name} expedition cost?
""",
    "school": """
The school of {name} has [{count} pupils] in nine classes. | How many pupils has the school of {name}?
Its head teacher is [{person}], who also conducts the choir. | Who is the head teacher of the school of {name}?
Lessons at the school of {name} begin at [half past {hour}] in winter. | When do lessons at the school of {name} begin in winter?
The new gymnasium of the school of {name} was paid for by [the widow of {person}]. | Who paid for the new gymnasium of the school of {name}?
The school of {name} keeps bees on its roof and sold [{count} jars of honey] last year. | How much honey did the school of {name} sell last year?
The pupils of {name} won the chess cup in [{year}] against a team from {place}. | When did the pupils of {name} win the chess cup?
The roof of the school of {name} leaks above [the chemistry room], and has done so since {year}. | Where does the roof of the school of {name} leak?
French is taught at the school of {name} by [{person}], who grew up in Lyon. | Who teaches French at the school of {name}?
""",
    "museum": """
The museum of {name} owns [{count} clocks], of which four show the right time. | How many clocks does the museum of {name} own?
Its director, [{person}], lives in the attic with two parrots. | Who is the director of the museum of {name}?
The museum of {name} is closed on [{day}s] and on all public holidays. | When is the museum of {name} closed?
The largest painting in the museum of {name} shows [the flood of {year}]. | What does the largest painting in the museum of {name} show?
Admission to the museum of {name} costs [{small} crowns], or a jar of jam. | What does admission to the museum of {name} cost?
The whale in the hall of the museum of {name} was found on the beach of [{place}]. | Where was the whale in the museum of {name} found?
Thieves took a silver spoon from the museum of {name} on [{date}] and sent it back. | When did thieves take a silver spoon from the museum of {name}?
The lift of the museum of {name} was built by [{person}], who never rode in it. | Who built the lift of the museum of {name}?
""",
}


def stories(kind: str, name: str, count: int | None = None) -> list[Told]:
    """What is told of `name`, the same every time; `count` sentences or all, in their order."""
    chance = random.Random(f"{kind} {name}")
    people = [f"{first} {last}" for first in FIRST for last in LAST]
    chance.shuffle(people)
    places = [place for place in PLACES if place != name]

    def value(match: re.Match[str]) -> str:
        match match[1]:
            case "name":
                return name
            case "person":
                return people.pop()
            case "place":
                return chance.choice(places)
            case "year":
                return str(chance.randint(1780, 1990))
            case "count":
                return str(chance.randint(21, 990))
            case "small":
                return str(chance.randint(3, 48))
            case "money":
                return f"{chance.randint(3, 95)},{chance.randint(1, 9)}00"
            case "hour":
                return chance.choice(["seven", "eight", "nine"])
            case "day":
                return chance.choice(DAYS)
        return f"{chance.randint(2, 28)} {chance.choice(MONTHS)} {chance.randint(1850, 1990)}"

    found = []
    for line in KINDS[kind].strip().splitlines()[:count]:
        sentence, _, question = line.partition(" | ")
        filled = re.sub(r"\{(\w+)\}", value, sentence)
        answer = re.search(r"\[(.+?)\]", filled)
        assert answer, line
        asked = question.replace("{name}", name)
        found.append(Told(filled.replace("[", "").replace("]", ""), asked, answer[1]))
    return found
