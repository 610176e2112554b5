// Keeps the end of a chat in view while it is being written, as long as the reader is there.
// Streamlit's own way takes readers back who scroll up while text comes fast.
(() => {
  const main = document.querySelector("#stMain");
  if (!main || main.dataset.followed) return;
  main.dataset.followed = "yes";

  const label = document.querySelector("#way-down").dataset.label;
  const way = document.body.appendChild(document.createElement("button"));
  way.id = "to-the-end";
  way.textContent = `↓ ${label}`;
  way.hidden = true;

  let isFollowing = true;
  let last = main.scrollTop;
  let address = location.pathname;

  const distance = () => main.scrollHeight - main.clientHeight - main.scrollTop;
  const offer = () => {
    way.hidden = isFollowing || distance() < 100;
    const { left, width } = main.getBoundingClientRect();
    way.style.left = `${left + (width - way.offsetWidth) / 2}px`;
  };
  const follow = (wish) => {
    isFollowing = wish;
    if (wish) main.scrollTop = main.scrollHeight;
    last = main.scrollTop;
    offer();
  };

  main.addEventListener("scroll", () => {
    const isUpwards = main.scrollTop < last - 1;
    last = main.scrollTop;
    if (distance() < 4) isFollowing = true;
    else if (isUpwards) isFollowing = false;
    offer();
  }, { passive: true });

  new ResizeObserver(() => {
    const isAnother = location.pathname !== address;
    address = location.pathname;
    follow(isFollowing || isAnother);
  }).observe(main.querySelector('[data-testid="stVerticalBlock"]'));

  // Whoever asks wants to see the answer.
  const asks = (target) => target.closest?.('[data-testid="stChatInput"]');
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && asks(event.target)) follow(true);
  }, true);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.('[data-testid="stChatInputSubmitButton"]')) follow(true);
  }, true);
  way.addEventListener("click", () => follow(true));
})();
