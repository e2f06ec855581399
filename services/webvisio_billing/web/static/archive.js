// While an archive is made, its page says how far it is; once it is made, the page shows it.
const bar = document.querySelector('progress[data-state]');
const told = document.querySelector('[data-testid="archive-told"]');
const PAUSE_MS = 1000;

async function look() {
  let next = PAUSE_MS;
  try {
    // the hub believes a cookie on a fetch only with the page's own token
    const headers = { Accept: 'application/json', 'X-XSRFToken': bar.dataset.xsrf };
    const answer = await fetch(bar.dataset.state, { headers, redirect: 'manual' });
    if (answer.ok) {
      const state = await answer.json();
      if (state.stage !== 'making') {
        location.reload();
        return;
      }
      bar.max = state.total || 1;
      bar.value = state.done;
      told.textContent = state.total ? state.told : '';
    } else if (answer.status < 500) {
      location.reload(); // the contract moved on, or the login is over: the page says so
      return;
    }
  } catch {
    next = 3 * PAUSE_MS; // the line broke
  }
  setTimeout(look, next);
}

if (bar) {
  setTimeout(look, PAUSE_MS);
}
