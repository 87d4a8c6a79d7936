"""Posts written for these tests, each by an imagined author of its own, with gaps for a drug and an effect.

The posts of a group use similar words, as people do who tell the same story.
"""

from __future__ import annotations

from typing import Final

POSTS: Final = (
    # how many days it has been
    "Day 3 on {drug} and the {effect} is unreal, is this normal or should I call my doctor?",
    "Day 3 of {drug}. The {effect} is already worse than what I take it for. Send help",
    "First week on {drug} and the {effect} is no joke. Does it get better for anyone?",
    "One week into {drug} and I already have {effect}. When does this get better, anyone?",
    "Two weeks on {drug} now and the {effect} still has not gone away. Thinking of quitting",
    "It has been two weeks since I started {drug} and the {effect} will not go away, I want to quit",
    "Week 6 on {drug}: mood is fine, {effect} is not. Trade-offs I guess",
    "Month four on {drug}. No {effect} for weeks and then last night it came back with a vengeance",
    "Started {drug} on Monday, by Wednesday I had {effect}, by Friday I threw the box in the bin",
    "I started {drug} last Monday and had {effect} by the weekend. Threw the rest of the box away",
    # questions to others
    "Has anyone else had {effect} on {drug}? My doctor says he has never heard of it",
    "Anyone else get really bad {effect} from {drug}? My doctor said it is not a side effect at all",
    "Does {drug} cause {effect} for anybody else here? Mine started right after the second dose",
    "Is {effect} a known side effect of {drug}? Mine started a few hours after the first dose",
    "Can somebody tell me whether the {effect} from {drug} ever stops? I am losing my patience",
    "Serious question: how do you all deal with the {effect} that comes with {drug}? I am so done",
    "People who take {drug}: how long did your {effect} last? I cannot live like this for months",
    "Those of you on {drug}, did the {effect} go away at some point? Mine is only getting worse",
    # complaints
    "Nobody warned me about the {effect} from {drug}. Not the doctor, not the pharmacist, nobody",
    "Why did nobody warn me that {drug} would give me {effect}? The leaflet does not even mention it",
    "Thanks {drug} for the {effect} at three in the morning, exactly what I needed before my exam",
    "Shout out to {drug} for giving me {effect} on my wedding day. Ten out of ten, would not recommend",
    "{drug} should come with a free therapist for the {effect} it gives you",
    "Honestly the {effect} from {drug} is worse than the illness it is supposed to treat",
    "The {effect} that {drug} gives me is so much worse than the thing I am taking it for",
    "I swear {drug} is poison. {effect} all night long and my hands would not stop tingling either",
    "I cannot decide what is worse, my migraines or the {effect} I get from {drug}",
    "My migraines are gone thanks to {drug} but now I live with {effect} instead, great deal",
    "If I have to spend one more day with this {effect} because of {drug} I will scream",
    "One more night of {effect} thanks to {drug} and I am going back to just being sad",
    # stopping
    "I stopped taking {drug} because of the {effect}. Three days later it was completely gone",
    "Stopped {drug} after a month because the {effect} got too much. It was gone within three days",
    "Had to come off {drug}, the {effect} made it impossible to work. Back to square one",
    "I had to quit {drug} since I could not work anymore with that {effect}. Back to the start",
    "My doctor took me off {drug} today after I told her about the {effect}. So relieved",
    "Doctor finally agreed to take me off {drug} after weeks of {effect}. What a relief",
    "Switched away from {drug} in March on account of constant {effect} and never looked back",
    "They lowered my {drug} to half a tablet and the {effect} disappeared almost overnight",
    "Half the dose of {drug} and the {effect} went away overnight. Why did we not try that sooner",
    "Skipped my {drug} for two days and guess what, no {effect}. Took it again and it came right back",
    # someone else
    "My mum ended up in hospital with {effect} after two tablets of {drug}. Please be careful",
    "My dad was in hospital for a week with {effect} and they think it was his {drug}",
    "My son was put on {drug} for his ADHD and now he has {effect} every single evening",
    "My daughter got {effect} from {drug} and her school called me to pick her up. Twice this week",
    "My grandmother has been on {drug} for years, and only now they link her {effect} to it",
    "Our dog sitter says she got {effect} from {drug}, which would explain a lot about Tuesday",
    "My husband cannot take {drug} any more, it gave him {effect} so bad that he fainted in a shop",
    "My wife fainted at work today. Turns out that {effect} is what {drug} does to some people",
    "A friend of mine had to leave uni for a term because {drug} gave her {effect}",
    "Patient of mine, 54, developed {effect} ten days after starting {drug}. Reported it today",
    # at the doctor
    "Told my psychiatrist about the {effect} from {drug} and she just doubled the dose, what",
    "Told my GP that {drug} gives me {effect}. He shrugged and wrote another prescription",
    "In the ER with {effect}. They asked what I take, I said {drug}, and they all looked at each other",
    "Spent six hours in the emergency room for {effect}. The culprit was {drug}, of all things",
    "Nurse on the phone says {effect} can happen with {drug} and that I should stop it immediately",
    "The pharmacist told me that {effect} is common with {drug}. Would have been nice to know before",
    "My neurologist is convinced that my {effect} has nothing to do with {drug}. I am convinced it has",
    "Filed a report with the regulator about {drug} and my {effect}. It took four minutes, do it too",
    # long ones
    "So I have been on {drug} since last autumn and it did wonders for my anxiety, but around Christmas"
    " the {effect} started, and by now I plan my whole day around it",
    "I was so happy when {drug} finally worked for me. Then the {effect} began, first once a week, then"
    " daily, and now I am back at the clinic asking for something else",
    "Long story short: new job, new city, new pills. {drug} is fine during the day, but as soon as I lie"
    " down I get {effect} and then I stare at the ceiling until the birds start singing",
    "Update for everyone who asked: yes I am still on {drug}, yes it still gives me {effect}, and no I have"
    " not found anything that helps apart from cold showers and swearing",
    "Things they do not tell you: {drug} can give you {effect} for weeks, it can happen on the lowest dose,"
    " and your boss will not believe you when you call in sick because of it",
    "My timeline: headache on Sunday, {drug} on Monday, {effect} on Tuesday, urgent care on Wednesday, and"
    " on Thursday a very smug sister who told me not to take it",
    "When I read the reviews of {drug} I thought people were exaggerating. They were not. The {effect} hit"
    " me in the middle of a meeting and I had to leave the room",
    "Thought I was getting the flu, turned out to be {effect} from the {drug} that I had started on the"
    " weekend. Felt silly for buying all that soup",
    # jokes and asides
    "Me before {drug}: tired. Me after {drug}: tired, but with {effect} as a little bonus",
    "Roses are red, violets are blue, {drug} gave me {effect} and it can happen to you",
    "Nothing says Friday night like {effect} and a glass of water, courtesy of {drug}",
    "My superpower? Getting {effect} from half a {drug} while everybody else just falls asleep",
    "New fear unlocked: {effect} in a lift full of colleagues. Cheers, {drug}",
    "Plot twist, the {effect} was not stress, it was the {drug} all along",
    "Turns out the {effect} I blamed on stress for months was my {drug} the whole time",
    "At this point {effect} is my whole personality and {drug} is my sponsor",
    "My therapist: how are we today? Me, on {drug}, with {effect}: thriving",
    "Cannot believe I paid forty euros for {drug} only to get {effect} in return",
    # with food, sleep, sport
    "Took {drug} on an empty stomach like a fool and spent the morning with {effect}",
    "Never take {drug} without food. I did, and the {effect} lasted until the afternoon",
    "If I take {drug} after eight in the evening I get {effect}, so now I take it with breakfast",
    "I take {drug} in the morning now because at night it gave me {effect} every time",
    "Went for a run on {drug} and got such bad {effect} that a stranger had to drive me home",
    "Gym is cancelled until further notice, {drug} gives me {effect} whenever my pulse goes up",
    "One glass of wine with {drug} and I had {effect} for two days. Read your leaflets, people",
    "Drank a single beer on {drug}. Worst {effect} of my life, never again",
    "Coffee plus {drug} equals {effect}, apparently. Learned that the hard way this morning",
    "Flew to Lisbon on {drug} and remember nothing but the {effect} and a very kind steward",
    # plain statements
    "I always get {effect} when they raise my {drug}, then it settles after about ten days",
    "Every time they increase my {drug} the {effect} comes back for roughly a week",
    "The generic of {drug} gives me {effect}, the brand does not. Explain that to my insurance",
    "Insurance made me change to the cheap version of {drug} and I have had {effect} ever since",
    "My {effect} from {drug} has reached the point where I cannot hold a cup of tea any more",
    "Second time on {drug}, second time {effect}. I should have listened to my own diary",
    "Tried {drug} again after five years and had the very same {effect} within an hour",
    "Pretty sure that the {effect} I have had all week is from the {drug} they gave me at the dentist",
    "The dentist gave me {drug} and I have had {effect} ever since. Calling them first thing tomorrow",
    "Took one {drug} for my back and got {effect} for the rest of the day, not worth it",
    "Took two {drug} for my tooth and had {effect} until midnight, still worth it though",
    "I am on {drug} for my skin and the {effect} is getting to me, but my face has never been clearer",
    "On {drug} for my skin since June. Face is clear, but the {effect} makes me cry in the shower",
    "Low dose {drug} for sleep, they said. You will be fine, they said. Hello {effect} my old friend",
    "Weaning off {drug} slowly since every faster attempt ended in {effect} and tears",
    "Missed one dose of {drug} and the {effect} hit me like a train at lunchtime",
    "Forgot my {drug} at home for the weekend and by Sunday the {effect} was unbearable",
    "My blood pressure is perfect on {drug}. My {effect} is also perfect, sadly, it never misses a day",
    "{drug} took away my cravings and replaced them with {effect}. I honestly miss the cravings",
    "Anyone in the group who got {effect} after the {drug} infusion? Mine came two hours later, in the car",
)
"""Different posts: no two of them are copies, even with the same drug and the same effect."""

DRUGS: Final = (
    ("zoloft", "sertraline"),
    ("lexapro", "escitalopram"),
    ("accutane", "isotretinoin"),
    ("ozempic", "semaglutide"),
    ("humira", "adalimumab"),
    ("prednisone", "prednisone"),
    ("tramadol", "tramadol"),
    ("propranolol", "propranolol"),
    ("seroquel", "quetiapine"),
    ("metformin", "metformin"),
)
"""Drugs as written, and their canonical names."""

EFFECTS: Final = (
    ("insomnia", "10022437"),
    ("nausea", "10028813"),
    ("brain fog", "10057668"),
    ("heart palpitations", "10033557"),
    ("hand tremors", "10044565"),
    ("panic attacks", "10033664"),
    ("dry mouth", "10013781"),
    ("night sweats", "10029410"),
    ("hair loss", "10001760"),
    ("dizzy spells", "10013573"),
)
"""Effects as written, and a code for each."""
