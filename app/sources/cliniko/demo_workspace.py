"""The demo clinic's workspace in Caspen, set up in part, so that the checklist has something to show.

The names are those of the sample export, so that they match. Missing on purpose: the Newport location, Ruby
Castellano, the services "Podiatry consultation" and "Dry needling". Priya Raghunathan has not accepted her invitation.
"""

from app.sources.invented import DemoLocation, DemoService, DemoUser, DemoWorkspace

DEMO_WORKSPACE = DemoWorkspace(
    name="Harbour Street Physiotherapy",
    timezone="Australia/Sydney",
    locations=(DemoLocation("Harbour Street"), DemoLocation("Mona Vale", archived=True)),
    users=(
        DemoUser("Grace Okonkwo", "grace@harbourstreet.example", "practitioner_admin"),
        DemoUser("Megan Doyle", "megan@harbourstreet.example", "practice_manager"),
        DemoUser("Daniel Brophy", "daniel@harbourstreet.example", "practitioner"),
        DemoUser("Priya Raghunathan", "priya@harbourstreet.example", "practitioner", invite="invited"),
        DemoUser("ليلى عبد الرحمن الحداد", "layla@harbourstreet.example", "practitioner"),
        DemoUser("Siobhán Ní Dhomhnaill", "siobhan@harbourstreet.example", "practitioner"),
        DemoUser("Marcus Tran", "marcus@harbourstreet.example", "practitioner"),
        DemoUser("Jia Hui Lim", "jiahui@harbourstreet.example", "practitioner"),
        DemoUser("Tomasz Wieczorek", "tomasz@harbourstreet.example", "practitioner"),
        DemoUser("Oliver Nakamura-Reid", "oliver@harbourstreet.example", "practitioner", "not_invited", active=False),
        DemoUser("Helen Marsh", "helen@harbourstreet.example", "practitioner", "not_invited", active=False),
        DemoUser("Bayside Massage (contractor)", None, "practitioner", "not_invited", active=False),
        DemoUser(
            "Alexandrina Featherstonehaugh-Papadimitriou van der Westhuizen",
            "alexandrina@harbourstreet.example",
            "practitioner",
            "not_invited",
            active=False,
        ),
        DemoUser("Jonathan Lim", "jonathan@harbourstreet.example", "practitioner", "not_invited", active=False),
        DemoUser("Bronwyn Ashcombe", "bronwyn@harbourstreet.example", "receptionist"),
        DemoUser("Kofi Underdale", "kofi@harbourstreet.example", "receptionist"),
        DemoUser("Mele Taufa", "mele@harbourstreet.example", "receptionist"),
        DemoUser("Piers Langwell", "piers@harbourstreet.example", "accountant"),
    ),
    services=(
        DemoService("Initial consultation", "appointment", 60),
        DemoService("Standard consultation", "appointment", 30),
        DemoService("Extended consultation", "appointment", 45),
        DemoService("Telehealth consultation", "appointment", 30),
        DemoService("Exercise rehabilitation", "appointment", 45),
        DemoService("Remedial massage 60", "appointment", 60),
        DemoService("Hydrotherapy one to one", "appointment", 45),
        DemoService("Walk-in check", "appointment", 30),
        DemoService("Pilates class", "appointment", 60),
    ),
)
