"""Invented customers: name, street, postcode, city, and the first eight digits of a SIREN.

The ninth digit and the VAT number follow from them, so every number passes its check and
belongs, by its leading 9, to a range that INSEE has not given out when this was written.
"""

from typing import NamedTuple


class Customer(NamedTuple):
    name: str
    street: str
    postcode: str
    city: str
    siren: str = ""
    country: str = "FR"
    lang: str = "fr_FR"
    email: str = ""
    currency: str = "EUR"


BUSINESSES = (
    Customer("Boulangerie Aux Deux Épis", "12 rue du Four", "69003", "Lyon", "99412701"),
    Customer("Menuiserie Charvet SARL", "4 impasse des Tilleuls", "38000", "Grenoble", "99412702"),
    Customer("Garage du Pont Neuf", "88 avenue de la Gare", "31000", "Toulouse", "99412703"),
    Customer("Hôtel des Remparts", "2 place d'Armes", "84000", "Avignon", "99412704"),
    Customer("Pharmacie Saint-Jean", "17 rue Saint-Jean", "14000", "Caen", "99412705"),
    Customer("Transports Lemoine SAS", "ZI des Sablons, lot 6", "45140", "Ingré", "99412706"),
    Customer("Cabinet Ferrand & Associés", "31 boulevard Haussmann", "75009", "Paris", "99412707"),
    Customer("Imprimerie Vauban", "9 quai de la Citadelle", "59000", "Lille", "99412708"),
    Customer("Jardins de Provence", "1420 route de Saint-Rémy", "13210", "Saint-Rémy-de-Provence", "99412709"),
    Customer("Clinique Les Acacias", "56 avenue Foch", "54000", "Nancy", "99412710"),
    Customer("Électricité Morvan", "3 rue des Artisans", "71400", "Autun", "99412711"),
    Customer("Brasserie du Canal", "22 quai de Valmy", "75010", "Paris", "99412712"),
    Customer("Plomberie Guérin", "14 rue Gambetta", "37000", "Tours", "99412713"),
    Customer("Architectes Atelier Nord", "7 rue de la Clef", "59800", "Lille", "99412714"),
    Customer("Vins Tastevin & Fils", "5 rue des Vignes", "21200", "Beaune", "99412715"),
    Customer("Maçonnerie Rivoal", "26 rue de Siam", "29200", "Brest", "99412716"),
    Customer("Librairie La Plume", "11 rue des Carmes", "35000", "Rennes", "99412717"),
    Customer("Informatique Océane", "40 quai de la Fosse", "44000", "Nantes", "99412718"),
    Customer("Traiteur Belle Époque", "19 cours de l'Intendance", "33000", "Bordeaux", "99412719"),
    Customer("Couverture Savoyarde", "230 route du Lac", "74000", "Annecy", "99412720"),
    Customer("Agence Médias Rhône", "8 place Bellecour", "69002", "Lyon", "99412721"),
    Customer("Fleurs d'Alsace", "6 rue des Tonneliers", "67000", "Strasbourg", "99412722"),
    Customer("Scierie du Haut-Jura", "Les Rousses-en-Bas", "39220", "Les Rousses", "99412723"),
    Customer("Laverie Express SARL", "73 rue Nationale", "76600", "Le Havre", "99412724"),
)
CONSUMERS = (
    Customer("Camille Aubry", "15 rue des Lilas", "92140", "Clamart"),
    Customer("Thomas Besnard", "3 allée des Pins", "17000", "La Rochelle"),
    Customer("Inès Carlier", "28 rue Pasteur", "80000", "Amiens"),
    Customer("Julien Delorme", "9 rue du Moulin", "63000", "Clermont-Ferrand"),
    Customer("Fatima El Idrissi", "52 avenue Jean Jaurès", "93300", "Aubervilliers"),
    Customer("Hugo Fabre", "1 chemin des Oliviers", "34000", "Montpellier"),
    Customer("Louise Garnier", "47 rue de Metz", "57000", "Metz"),
    Customer("Nathan Hamon", "12 rue du Port", "56000", "Vannes"),
    Customer("Sarah Imbert", "60 boulevard Carnot", "06400", "Cannes"),
    Customer("Paul Jourdain", "5 rue de l'Église", "51100", "Reims"),
)
PUBLIC_BODIES = (
    Customer("Commune de Valfleury-sur-Loire", "Place de la Mairie", "42320", "Valfleury", "21420001"),
    Customer("Lycée Marie-Curie", "2 avenue des Sciences", "38130", "Échirolles", "19380001"),
    Customer("Centre hospitalier de Rochebrune", "1 rue de l'Hôpital", "05100", "Briançon", "26050001"),
    Customer("Département de la Haute-Vallée", "18 rue de la Préfecture", "25000", "Besançon", "22250001"),
)
FOREIGN = (
    Customer(
        "Harbour Lighting Ltd", "14 Quay Street", "BS1 4DA", "Bristol", country="GB", lang="en_US", currency="GBP"
    ),
    Customer(
        "Lakeside Interiors Inc.", "250 Shore Drive", "60601", "Chicago", country="US", lang="en_US", currency="USD"
    ),
)
