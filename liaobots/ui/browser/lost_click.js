// Repeats a lost click on a link. If the server requests a rerun of the page at the same moment,
// Streamlit merges the two requests and keeps the old address.
(() => {
  const root = document.documentElement;
  if (root.dataset.ways) return;
  root.dataset.ways = "yes";

  const LINKS = '[data-testid="stSidebarNavLink"], [data-testid="stPageLink-NavLink"]';
  const RETRY_MILLISECONDS = 1500;
  let click = null;

  document.addEventListener("click", (event) => {
    if (!event.isTrusted && click?.isRepeating) return;
    const link = event.target.closest?.(LINKS);
    const isPlain = link && !(event.ctrlKey || event.metaKey || event.shiftKey);
    click = isPlain ? { path: link.pathname, tries: 3, since: Date.now() } : null;
  }, true);
  for (const other of ["input", "popstate", "submit"])
    window.addEventListener(other, () => { click = null; }, true);

  setInterval(() => {
    if (!click || Date.now() - click.since < RETRY_MILLISECONDS) return;
    const link = [...document.querySelectorAll(LINKS)].find((each) => each.pathname === click.path);
    if (location.pathname === click.path || !link || click.tries === 0) {
      click = null;
      return;
    }
    Object.assign(click, { tries: click.tries - 1, since: Date.now(), isRepeating: true });
    link.click();
    click.isRepeating = false;
  }, 250);
})();
