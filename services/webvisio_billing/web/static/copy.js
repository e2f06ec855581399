// A button that copies the text of a field, and says so; it is there only where scripts are.
for (const button of document.querySelectorAll('[data-copies]')) {
  const field = document.getElementById(button.dataset.copies);
  const told = document.getElementById(button.dataset.tells);
  button.hidden = false;
  button.addEventListener('click', async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand('copy'); // without HTTPS, or where the clipboard is refused
    }
    told.textContent = told.dataset.told;
  });
}
