/**
 * French for what JupyterHub's own scripts write: the admin table (React), a starting server, relative times (moment).
 *
 * Loaded for French readers alone. A text is replaced only where it is known
 * whole, or by a pattern; what an upgrade words otherwise stays English.
 */
(() => {
  const WORDS = {
    'Access Server': 'Ouvrir le serveur',
    Actions: 'Actions',
    'Add Users': 'Ajouter des personnes',
    'Add by username': 'Ajouter par identifiant',
    'Add user': 'Ajouter',
    Admin: 'Administrateur',
    Apply: 'Appliquer',
    Back: 'Retour',
    Clear: 'Effacer',
    Close: 'Fermer',
    'Close alert': 'Fermer le message',
    'Could not update groups list.': 'La liste des groupes n’a pas pu être mise à jour.',
    'Could not update users list.': 'La liste des personnes n’a pas pu être mise à jour.',
    Create: 'Créer',
    'Create Group': 'Créer un groupe',
    Displaying: 'Lignes',
    'Delete Group': 'Supprimer le groupe',
    'Delete Server': 'Supprimer le serveur',
    'Delete user': 'Supprimer',
    'Edit User': 'Modifier',
    'Failed to create group.': 'Le groupe n’a pas pu être créé.',
    'Failed to create user.': 'La personne n’a pas pu être ajoutée.',
    'Failed to delete group.': 'Le groupe n’a pas pu être supprimé.',
    'Failed to edit group.': 'Le groupe n’a pas pu être modifié.',
    'Failed to edit user.': 'La personne n’a pas pu être modifiée.',
    'Failed to start servers.': 'Les serveurs n’ont pas pu être démarrés.',
    'Failed to stop servers.': 'Les serveurs n’ont pas pu être arrêtés.',
    'Failed to update group list.': 'La liste des groupes n’a pas pu être mise à jour.',
    'Failed to update user list.': 'La liste des personnes n’a pas pu être mise à jour.',
    'Failed to update users.': 'Les personnes n’ont pas pu être mises à jour.',
    'Group already exists.': 'Ce groupe existe déjà.',
    Groups: 'Groupes',
    'Items per page:': 'Lignes par page :',
    Key: 'Clé',
    'Last Activity': 'Dernière activité',
    'Manage Groups': 'Gérer les groupes',
    'Manage group members': 'Gérer les membres du groupe',
    'Manage group properties': 'Gérer les propriétés du groupe',
    Never: 'Jamais',
    'New Group': 'Nouveau groupe',
    Next: 'Suivant',
    'Only Active Servers': 'Serveurs actifs seulement',
    Previous: 'Précédent',
    Profile: 'Profil',
    'Search Users': 'Chercher une personne',
    Server: 'Serveur',
    'Server Start Time': 'Démarré',
    'Server is pending': 'Le serveur démarre ou s’arrête',
    'Shutdown Hub': 'Arrêter la plateforme',
    'Server requested': 'Serveur demandé',
    'Spawn Page': 'Options',
    'Spawning server...': 'Le serveur démarre…',
    'Start All': 'Tout démarrer',
    'Start My Server': 'Démarrer mon JupyterLab',
    'Start Server': 'Démarrer',
    'Start all default servers on the current page': 'Démarrer tous les serveurs de cette page',
    'Stop All': 'Tout arrêter',
    'Stop Server': 'Arrêter',
    'Stop all servers including named servers on the current page': 'Arrêter tous les serveurs de cette page',
    User: 'Personne',
    'User already exists.': 'Cette personne existe déjà.',
    Value: 'Valeur',
    'check to only show running servers, otherwise show all': 'Cocher pour ne voir que les serveurs démarrés',
    of: 'sur',
    users: 'personnes',
    'group name...': 'nom du groupe…',
    'updated username': 'nouvel identifiant',
    'user-search': 'Chercher une personne',
    'usernames separated by line': 'un identifiant par ligne',
    '1 Hour': '1 heure',
    '1 Day': '1 jour',
    '1 Week': '1 semaine',
    '1 Month': '1 mois',
    '1 Year': '1 an',
    Max: 'Maximum',
  };
  const PATTERNS = [
    [/^Displaying (\d+)-(\d+)( of (\d+))?$/, (_, from, to, of, all) => `${from} à ${to}${of ? ` sur ${all}` : ''}`],
    [/^(\d+)-(\d+) of (\d+)$/, (_, from, to, all) => `${from} à ${to} sur ${all}`],
    [/^Server ready at (.+)$/, (_, url) => `Serveur prêt : ${url}`],
    [/^of (\d+)$/, (_, all) => `sur ${all}`],
    [/^Editing user (.+)$/, (_, name) => `Modifier ${name}`],
    [/^Editing Group (.+)$/, (_, name) => `Modifier le groupe ${name}`],
  ];
  const ATTRIBUTES = ['placeholder', 'title', 'aria-label', 'value'];

  const french = text => {
    const words = text.trim();
    if (Object.hasOwn(WORDS, words)) return text.replace(words, WORDS[words]);
    for (const [pattern, say] of PATTERNS) if (pattern.test(words)) return words.replace(pattern, say);
    return text;
  };

  const translateText = node => {
    const said = french(node.data);
    if (said !== node.data) node.data = said;
  };

  const translate = node => {
    if (node.nodeType === Node.TEXT_NODE) return translateText(node);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    for (const element of [node, ...node.querySelectorAll('[placeholder], [title], [aria-label], input[type=submit]')])
      for (const name of ATTRIBUTES) {
        // what somebody typed is theirs
        const value = name === 'value' && element.type !== 'submit' ? null : element.getAttribute(name);
        if (value && french(value) !== value) element.setAttribute(name, french(value));
      }
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) translateText(texts.currentNode);
  };

  const watch = place => {
    translate(place);
    new MutationObserver(changes => {
      for (const change of changes) {
        if (change.type === 'childList') change.addedNodes.forEach(translate);
        else translate(change.target);
      }
    }).observe(place, { childList: true, subtree: true, characterData: true });
  };

  document.addEventListener('DOMContentLoaded', () => {
    for (const id of ['react-admin-hook', 'token-expiration-seconds', 'progress-message', 'progress-log', 'start']) {
      const place = document.getElementById(id);
      if (place) watch(place);
    }
  });

  // asked for before the page's own script asks: its times are told after this
  require(['moment'], moment => {
    moment.defineLocale('fr', {
      relativeTime: {
        future: 'dans %s',
        past: 'il y a %s',
        s: 'quelques secondes',
        ss: '%d secondes',
        m: 'une minute',
        mm: '%d minutes',
        h: 'une heure',
        hh: '%d heures',
        d: 'un jour',
        dd: '%d jours',
        M: 'un mois',
        MM: '%d mois',
        y: 'un an',
        yy: '%d ans',
      },
    });
  });
})();
