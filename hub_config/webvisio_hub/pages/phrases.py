"""The words of the hub's pages in French, and of our own pages in both languages.

`HUB_PHRASES`: template of JupyterHub 6.1, exact English phrase, French. Marks
around a phrase (`>Home<`) keep it from matching elsewhere and are left in place.
Apostrophes are typographic, so a phrase inside a script breaks no string.
"""

from typing import Final

HUB_PHRASES: Final[tuple[tuple[str, str, str], ...]] = (
    ("page.html", '"en"', "fr"),
    ("page.html", "JupyterHub requires JavaScript.", "Cette page a besoin de JavaScript."),
    ("page.html", "Please enable it to proceed.", "Activez-le pour continuer."),
    ("page.html", '"Toggle navigation"', "Ouvrir ou fermer le menu"),
    ("page.html", ">Home<", "Accueil"),
    ("page.html", ">Token<", "Jetons"),
    ("page.html", ">Admin<", "Administration"),
    ("page.html", ">Services<", "Services"),
    ("page.html", '"Toggle dark mode"', "Mode clair ou sombre"),
    ("page.html", ">Logout<", "Se déconnecter"),
    ("page.html", ">Login<", "Se connecter"),
    ("page.html", ">The error<", "L’erreur"),
    ("page.html", '"Close"', "Fermer"),
    ("login.html", "Sign in with", "Se connecter avec"),
    ("login.html", ">Sign in<", "Connexion"),
    ("login.html", "'Sign in'", "Se connecter"),
    ("login.html", ">Username:<", "Identifiant :"),
    ("login.html", ">Password:<", "Mot de passe :"),
    ("login.html", '"Show password"', "Montrer ou cacher le mot de passe"),
    (
        "login.html",
        "Warning: JupyterHub seems to be served over an unsecured HTTP connection.",
        "Attention : cette page est servie par une connexion HTTP non sécurisée.",
    ),
    (
        "login.html",
        "We strongly recommend enabling HTTPS for JupyterHub.",
        "La caméra et le micro ne marcheront qu’en HTTPS.",
    ),
    ("home.html", "JupyterHub home page", "Accueil"),
    ("home.html", ">Stop My Server<", "Arrêter mon serveur"),
    ("not_running.html", "Spawn failed", "Le démarrage a échoué"),
    ("not_running.html", "Server not running", "Serveur arrêté"),
    (
        "not_running.html",
        "The latest attempt to start your server",
        "Le dernier démarrage de votre serveur",
    ),
    ("not_running.html", "has failed.", "a échoué."),
    ("not_running.html", "Would you like to retry starting it?", "Voulez-vous réessayer ?"),
    ("not_running.html", "is not running.", "n’est pas démarré."),
    ("not_running.html", "It will be restarted automatically.", "Il va redémarrer tout seul."),
    (
        "not_running.html",
        "If you are not redirected in a few seconds,",
        "Si rien ne se passe d’ici quelques secondes,",
    ),
    ("not_running.html", "click below to launch your server.", "démarrez-le ci-dessous."),
    ("not_running.html", "Would you like to start it?", "Voulez-vous le démarrer ?"),
    ("spawn.html", "Server Options", "Options du serveur"),
    ("spawn.html", ">Start<", "Démarrer"),
    ("spawn_pending.html", "Your server is starting up.", "Votre serveur démarre."),
    (
        "spawn_pending.html",
        "You will be redirected automatically when it's ready for you.",
        "Cette page s’ouvrira toute seule dès qu’il sera prêt.",
    ),
    ("spawn_pending.html", ">Event log<", "Journal"),
    ("spawn_pending.html", ">Stop Server<", "Arrêter le serveur"),
    ("spawn_pending.html", "'Stopping...'", "Arrêt…"),
    ("spawn_pending.html", "'Stopping server...'", "Arrêt du serveur…"),
    ("spawn_pending.html", "'Server stopped successfully!'", "Le serveur est arrêté."),
    ("spawn_pending.html", "'Error stopping server'", "Le serveur ne s’arrête pas"),
    ("stop_pending.html", "Your server is stopping.", "Votre serveur s’arrête."),
    (
        "stop_pending.html",
        "You will be able to start it again once it has finished stopping.",
        "Vous pourrez le redémarrer une fois qu’il sera arrêté.",
    ),
    ("stop_pending.html", "refresh", "actualiser"),
    ("logout.html", "Successfully logged out.", "Vous êtes déconnecté."),
)

WORDS: Final[dict[str, tuple[str, str]]] = {
    # key: English, French
    "contracts": ("Contracts", "Contrats"),
    "people_and_servers": ("People & servers", "Personnes et serveurs"),
    "password": ("Password", "Mot de passe"),
    "other_language": ("Français", "English"),
    "clause": ("Clause {clause} of the contract: {text}", "Article {clause} du contrat : {text}"),
    "what_you_can_do": ("What you can do", "Ce que vous pouvez faire"),
    "back_home": ("Back to the start", "Revenir à l’accueil"),
    "try_again": ("Try again", "Réessayer"),
    "your_rooms": ("Your rooms", "Vos salles"),
    "open_room": ("Open the room", "Ouvrir la salle"),
    "role_host": ("trainer", "formateur"),
    "role_cohost": ("co-host", "co-animateur"),
    "role_participant": ("trainee", "stagiaire"),
    "role_observer": ("observer", "observateur"),
    "no_rooms": (
        "You have no room yet. The person in charge of your training gives you one.",
        "Vous n’avez pas encore de salle. La personne responsable de votre formation vous en donnera une.",
    ),
    "manage_contracts": ("Customers and contracts", "Clients et contrats"),
    "choose_password": ("Choose your password", "Choisissez votre mot de passe"),
    "welcome_name": ("Welcome, {name}", "Bienvenue, {name}"),
    "invitation_intro": (
        "You are invited to Web Visio. Your user name is {name}.",
        "Vous êtes invité sur Web Visio. Votre identifiant est {name}.",
    ),
    "change_password": ("Change your password", "Changer de mot de passe"),
    "old_password": ("Present password", "Mot de passe actuel"),
    "new_password": ("New password", "Nouveau mot de passe"),
    "repeated_password": ("New password again", "Nouveau mot de passe, encore une fois"),
    "password_hint": (
        "At least {minimum} characters. Three or four unrelated words make a good password.",
        "Au moins {minimum} caractères. Trois ou quatre mots sans rapport font un bon mot de passe.",
    ),
    "passwords_differ": ("The two new passwords differ.", "Les deux nouveaux mots de passe diffèrent."),
    "password_changed": (
        "Your password is changed. Every other session of yours was ended.",
        "Votre mot de passe est changé. Vos autres sessions ont été fermées.",
    ),
    "save": ("Save", "Enregistrer"),
    "enter": ("Come in", "Entrer"),
    "tagline": ("Training rooms in JupyterHub", "Salles de formation dans JupyterHub"),
    "error_404_title": ("Not found", "Introuvable"),
    "error_404_message": ("There is nothing at this address.", "Il n’y a rien à cette adresse."),
    "error_503_title": ("Not there yet", "Pas encore là"),
    "error_503_message": (
        "This part of the platform is starting or restarting. Please try again in a few seconds.",
        "Cette partie de la plateforme démarre ou redémarre. Réessayez dans quelques secondes.",
    ),
    "error_403_title": ("Not allowed", "Non autorisé"),
    "error_403_message": (
        "Your account may not open this page.",
        "Votre compte n’a pas accès à cette page.",
    ),
}
