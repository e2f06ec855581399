/**
 * Any screen by its address, without a service: `?screen=room&people=6&locale=fr`.
 * Built and served by `scripts/screens.mjs`; never part of what is installed.
 */
import '@fontsource-variable/figtree/wght.css';
import '../style/index.css';
import '../src/page/page.css';

import { RoomsApi } from '../src/client/api';
import { Devices } from '../src/client/devices';
import { RoomSession } from '../src/client';
import { mountRoom, type RoomMode } from '../src/interface/mount';
import type { LinkView, RefusalView, Role } from '../src/protocol/messages';

import { FakeRoom, person, ROOM, type Script } from './fakeRoom';
import { paint } from './paintings';

const query = new URLSearchParams(location.search);
const screen = query.get('screen') ?? 'link';
const locale = query.get('locale') === 'en' ? 'en' : 'fr';
const isFrench = locale === 'fr';

const REFUSAL: RefusalView = {
  code: 'suspended_unpaid',
  title: isFrench ? "L'accès est suspendu" : 'Access is suspended',
  message: isFrench
    ? 'Le contrat de Atelier Numérique de Lyon est suspendu depuis le 21 novembre 2026, 00:00 CET : une facture reste impayée quinze jours après son échéance.'
    : 'The contract of Atelier Numérique de Lyon is suspended since 21 November 2026, 00:00 CET: an invoice is still unpaid fifteen days after its due date.',
  remedy: isFrench
    ? "L'accès revient dès le règlement de la facture. Adressez-vous à la personne responsable du contrat."
    : 'Access comes back as soon as the invoice is paid. Please contact the person in charge of the contract.',
  clause: '6.4',
  clauseText: isFrench
    ? "L'accès peut être suspendu sans préavis quinze jours après l'échéance d'une facture impayée."
    : 'Access may be suspended without notice fifteen days after the due date of an unpaid invoice.',
  reference: 'r-7f3a91c2',
};

const script: Script = {
  people: Number(query.get('people') ?? 6),
  myRole: (query.get('role') ?? 'participant') as Role,
  isGuest: false,
  screen: query.has('shared'),
  busy: query.has('busy'),
  entry: (query.get('entry') ?? 'welcome') as Script['entry'],
  refusal: REFUSAL,
  roomState: (query.get('state') ?? 'open') as Script['roomState'],
  visitor: query.has('anonymous')
    ? { kind: 'anonymous', name: '', role: null }
    : { kind: 'user', name: person(1).name, role: (query.get('role') ?? 'participant') as Role },
};

/** Painted devices: a headless browser has none that are worth looking at. */
function paintedDevices(): MediaDevices {
  const refused = query.get('devices') === 'refused';
  const silence = () => {
    const context = new AudioContext();
    const tone = context.createOscillator();
    const gain = context.createGain();
    gain.gain.value = 0.06;
    const out = context.createMediaStreamDestination();
    tone.connect(gain).connect(out);
    tone.start();
    const [track] = out.stream.getAudioTracks();
    if (!track) {
      throw new Error('no sound');
    }
    return track;
  };
  return Object.assign(new EventTarget(), {
    getUserMedia: (wish: MediaStreamConstraints) => {
      if (refused) {
        return Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
      }
      return Promise.resolve(
        new MediaStream([...(wish.audio ? [silence()] : []), ...(wish.video ? [paint('person', 1)] : [])]),
      );
    },
    enumerateDevices: () =>
      Promise.resolve(
        refused
          ? []
          : [
              { kind: 'audioinput', deviceId: 'a1', label: 'Micro-casque Jabra Evolve2' },
              { kind: 'videoinput', deviceId: 'v1', label: 'Caméra FaceTime HD' },
              { kind: 'audiooutput', deviceId: 'o1', label: 'Haut-parleurs internes' },
            ],
      ),
    getDisplayMedia: () => Promise.resolve(new MediaStream([paint('screen', 0)])),
  }) as unknown as MediaDevices;
}

const link: LinkView = {
  code: 'k7m2-9qpx',
  room: { ...ROOM, state: script.roomState, isGuestAccessOpen: !query.has('members') },
  hosts: [person(0).name],
  visitor: script.visitor,
  refusal: screen === 'refusal' ? REFUSAL : null,
};

const answers = (() => {
  if (screen === 'unknown') {
    return Promise.resolve(
      new Response(
        JSON.stringify({
          ...REFUSAL,
          code: 'link_unknown',
          title: isFrench ? "Ce lien n'existe pas" : 'This link does not exist',
          message: isFrench ? 'Aucune salle ne porte ce lien.' : 'No room has this link.',
          clause: null,
          clauseText: null,
          remedy: isFrench
            ? "Vérifiez l'adresse, ou demandez le lien à votre formateur."
            : 'Check the address, or ask your trainer for the link.',
        }),
        { status: 404 },
      ),
    );
  }
  return screen === 'unreachable'
    ? Promise.reject(new TypeError('offline'))
    : Promise.resolve(new Response(JSON.stringify(link), { status: 200 }));
}) as unknown as typeof fetch;

const room = new FakeRoom(script);
const session = new RoomSession({
  prefix: '/services/rooms/',
  assets: '/services/rooms/static/page/dev/',
  code: 'k7m2-9qpx',
  locale,
  xsrf: '',
  environment: {
    api: new RoomsApi('/services/rooms/', '', answers),
    devices: new Devices(paintedDevices(), null, null),
    client: { openSocket: room.openSocket, createConnection: room.createConnection },
  },
});
const root = document.getElementById('webvisio-root');
if (root) {
  const mode = (query.get('mode') ?? 'full') as RoomMode;
  mountRoom(root, session, {
    place: query.get('place') === 'lab' ? 'lab' : 'page',
    mode,
    labUrl: '/hub/user-redirect/lab',
    onExpand: () => undefined,
  });
  window.webvisio = {
    get client() {
      return session.client.get();
    },
  };
  Object.assign(window, { fakeRoom: room });
}

if (['room', 'waiting', 'left', 'lost'].includes(screen)) {
  void session.devices.openBoth().then(() => {
    const enter = () => session.client.get()?.enter({ microphone: true, camera: true });
    if (session.client.get()) {
      enter();
    } else {
      const stop = session.client.subscribe(() => {
        stop();
        enter();
      });
    }
  });
}
