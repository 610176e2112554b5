// Repeats a click on a link of the page that got lost: where the server wishes to draw the page
// again at the same moment, Streamlit makes one wish of the two, and keeps the old address.
(() => {
  const root = document.documentElement;
  if (root.dataset.ways) return;
  root.dataset.ways = "yes";

  const WAYS = '[data-testid="stSidebarNavLink"], [data-testid="stPageLink-NavLink"]';
  const PATIENCE = 1500;
  let wish = null;

  document.addEventListener("click", (event) => {
    if (!event.isTrusted && wish?.isRepeating) return;
    const way = event.target.closest?.(WAYS);
    const isPlain = way && !(event.ctrlKey || event.metaKey || event.shiftKey);
    wish = isPlain ? { path: way.pathname, tries: 3, since: Date.now() } : null;
  }, true);
  for (const other of ["input", "popstate", "submit"])
    window.addEventListener(other, () => { wish = null; }, true);

  setInterval(() => {
    if (!wish || Date.now() - wish.since < PATIENCE) return;
    const way = [...document.querySelectorAll(WAYS)].find((each) => each.pathname === wish.path);
    if (location.pathname === wish.path || !way || wish.tries === 0) {
      wish = null;
      return;
    }
    Object.assign(wish, { tries: wish.tries - 1, since: Date.now(), isRepeating: true });
    way.click();
    wish.isRepeating = false;
  }, 250);
})();
