"""The product organisation of the invented company: six product managers in three teams."""

from dataclasses import dataclass

from connectors.sandbox.company.model import Office

__all__ = ["COMPANY", "MANAGERS", "TEAMS", "Manager", "TeamOf"]

COMPANY = "Larkfield"


@dataclass(frozen=True, slots=True)
class Manager:
    """A product manager."""

    id: str
    name: str
    slack: str
    """Slack member id."""
    office: Office

    @property
    def email(self) -> str:
        """Mail address at work."""
        return f"{self.id}@larkfield.example"


@dataclass(frozen=True, slots=True)
class TeamOf:
    """A team, the product area it looks after, and the words that give the area away."""

    id: str
    name: str
    area: str
    area_name: str
    lead: str
    second: str
    keywords: tuple[str, ...]


MANAGERS = (
    Manager("hanna", "Hanna Vogel", "U05HANNA01", Office.BERLIN),
    Manager("marcus", "Marcus Reed", "U05MARCUS1", Office.CHICAGO),
    Manager("aylin", "Aylin Demir", "U05AYLIN01", Office.BERLIN),
    Manager("grace", "Grace Okafor", "U05GRACE01", Office.CHICAGO),
    Manager("tobias", "Tobias Krüger", "U05TOBIAS1", Office.BERLIN),
    Manager("priya", "Priya Raman", "U05PRIYA01", Office.CHICAGO),
)

TEAMS = (
    TeamOf(
        "planning",
        "Planning",
        "scheduling",
        "Scheduling",
        "hanna",
        "marcus",
        (
            *("calendar", "schedule", "scheduling", "dispatch", "planning board", "shift"),
            *("appointment", "route", "time slot", "drag and drop", "recurring job"),
            *("planner", "dispatcher", "driving time", "travel time", "job template"),
            *("certificate", "qualification"),
            *("Kalender", "Termin", "Termine", "Terminplan", "Einsatzplan", "Plantafel"),
            *("Schicht", "Fahrzeit", "Disposition"),
            *("calendario", "cita", "turno", "planificación", "mapa"),
            *("calendrier", "planning", "rendez-vous", "tournée", "trajet"),
        ),
    ),
    TeamOf(
        "money",
        "Billing",
        "billing",
        "Billing",
        "aylin",
        "grace",
        (
            *("invoice", "invoices", "billing", "payment", "refund", "charged", "VAT", "tax"),
            *("credit card", "quote", "price list", "price increase", "new prices"),
            *("subscription", "receipt", "dunning"),
            *("Rechnung", "Rechnungen", "Zahlung", "Mahnung", "Umsatzsteuer", "abgebucht"),
            *("factura", "facturas", "cobro", "pago", "IVA"),
            *("facture", "factures", "paiement", "TVA", "prélèvement"),
        ),
    ),
    TeamOf(
        "field",
        "Field app",
        "mobile",
        "Mobile app",
        "tobias",
        "priya",
        (
            *("mobile app", "app", "offline", "sync", "phone", "tablet", "photo", "photos"),
            *("push notification", "signature", "barcode", "log in", "login", "Android", "iPhone"),
            *(
                "Handy",
                "Handys",
                "Synchronisierung",
                "synchronisiert",
                "Foto",
                "Fotos",
                "Unterschrift",
            ),
            *("móvil", "sincroniza", "fotos", "firma"),
            *("téléphone", "synchronise", "hors ligne", "application"),
        ),
    ),
)
