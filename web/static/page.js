// Small comforts; every page works without them.
document.addEventListener('submit', (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented) return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  if (event.target.method === 'post') event.target.dataset.sent = 'true';
  if (button.dataset.busy) { button.setAttribute('aria-busy', 'true'); button.textContent = button.dataset.busy; }
});
addEventListener('pageshow', (event) => { if (event.persisted) document.querySelectorAll('form').forEach((form) => delete form.dataset.sent); });
addEventListener('beforeprint', () => document.querySelectorAll('details').forEach((part) => { part.open = true; }));
