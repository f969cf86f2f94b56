"""Invented names, addresses and telephone numbers for the people of a sample."""

_GIVEN_WORDS = """
Abigail Adeline Agnes Aidan Alastair Alba Alfred Alina Amber Anders Anneke Anton Archie Ariel Arlo Astrid Aubrey
Aurelia Axel Ayla Barnaby Basil Beatrix Bella Bertram Bianca Blake Bonnie Bram Brianna Callum Camila Carys Cecil
Celeste Chester Clara Clement Clio Conrad Cora Cosmo Cyrus Dahlia Damon Daphne Darcy Delia Denzel Dexter Dora
Duncan Edith Edmund Elena Elias Elodie Elsie Emeka Emil Emrys Enid Errol Eryn Esther Ewan Fabian Farah Felix
Fern Fiona Flora Florian Freya Gareth Gemma Georgia Gideon Gilda Graham Greta Gwen Hadley Hana Harriet Hattie
Hazel Hector Heidi Henrik Hester Hugo Ibrahim Ida Ilse Imogen Indira Ines Ingrid Iris Isaac Ivo Jago Jasper
Jemima Joachim Jocelyn Jonas Josie Judith Juno Kai Kalinda Kamal Keira Kenji Kester Kiran Klara Lachlan Lalita
Lara Laszlo Leander Leila Lena Leopold Lila Linus Livia Lorcan Lottie Lucian Ludo Luna Mabel Magnus Maia Malika
Manfred Margot Marina Matilda Maxim Mei Merle Milo Mina Mirela Moses Nadia Nadine Naomi Nell Nico Nina Noel Nora
Odette Olga Orla Oscar Otis Otto Paloma Pascal Pearl Perla Petra Phoebe Quentin Rafael Ramona Rhys Rosalind
Rowan Rufus Sabine Saskia Selma Silas Simone Soren Stella Sven Tamsin Tariq Thea Theo Tilda Tobias Una Ursula
Vera Viola Walter Wilma Xanthe Yara Yusuf Zelda Zora
"""
GIVEN = tuple(_GIVEN_WORDS.split())

_FRONT = [
    "Ash",
    "Barn",
    "Brack",
    "Cald",
    "Cran",
    "Dun",
    "Elm",
    "Fair",
    "Fen",
    "Glen",
    "Gran",
    "Hart",
    "Holl",
    "Iver",
    "Kel",
    "Kings",
    "Lang",
    "Mar",
    "Nether",
    "Nor",
    "Oak",
    "Pem",
    "Quin",
    "Red",
    "Sel",
    "Stan",
    "Thorn",
    "Under",
    "Wal",
    "West",
    "Whit",
    "Wing",
]
_BACK = [
    "bourne",
    "brook",
    "bury",
    "combe",
    "croft",
    "dale",
    "field",
    "ford",
    "gate",
    "ham",
    "hurst",
    "leigh",
    "mere",
    "ton",
    "well",
    "worth",
]
FAMILY = tuple(front + back for back in _BACK for front in _FRONT)

STREETS = ("Banksia Street", "Ferry Parade", "Jacaranda Avenue", "Lighthouse Road", "Magpie Lane", "Seaview Crescent")
SUBURBS = (
    ("Newport", "2106"),
    ("Mona Vale", "2103"),
    ("Avalon Beach", "2107"),
    ("Sydney", "2000"),
    ("Manly", "2095"),
    ("Narrabeen", "2101"),
    ("Darwin City", "0800"),
)
WORK = ("teacher", "nurse", "retired", "carpenter", "student", "chef", "bus driver", "gardener", "accountant", "")
SEXES = ("Female", "Male", "Female", "Male", "Other", "")

ODD_FAMILY = {
    "apostrophe": "O'Brien",
    "two_surnames": "de la Cruz-Mbeki",
    "accents": "Jørgensen-Šťastná",
}
RTL = (
    ("سارة", "يوسف", "مريم", "خالد", "نور"),
    ("العنزي", "الحسيني", "منصور", "الخطيب", "الزهراني"),
)
VIETNAMESE = (
    ("Thị Ánh", "Quốc Bảo", "Ngọc Diễm", "Minh Đức", "Hồng Phượng"),
    ("Nguyễn", "Trần", "Phạm", "Huỳnh", "Đặng"),
)
LONG_GIVEN = ("Wilhelminaleopoldinamaximiliana" * 4)[:100]


def plain_name(index: int) -> tuple[str, str]:
    """(first name, last name) of the client with this index; no other client has the same."""
    given = index % len(GIVEN)
    return GIVEN[given], FAMILY[(index // len(GIVEN) + 7 * given) % len(FAMILY)]


def mobile(index: int) -> str:
    """A mobile number reserved for fiction, as digits with the country code."""
    return f"61491570{index % 1000:03d}"


def landline(index: int) -> str:
    """A landline number, as digits with the country code."""
    return f"6125550{index % 10_000:04d}"
