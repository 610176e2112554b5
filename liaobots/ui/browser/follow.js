// Keeps the end of a chat in view while it is being written, as long as the reader is there.
// Streamlit's own way takes readers back who scroll up while text comes fast.
(() => {
  const main = document.querySelector("#stMain");
  if (!main || main.dataset.followed) return;
  main.dataset.followed = "yes";

  const told = (name) => document.querySelector("#told")?.dataset[name] ?? "";
  const way = document.body.appendChild(document.createElement("button"));
  way.id = "to-the-end";
  way.hidden = true;

  let isFollowing = true;
  let last = main.scrollTop;
  let address = location.pathname;
  let led = "0";

  const distance = () => main.scrollHeight - main.clientHeight - main.scrollTop;
  // What has gone from the page may still be in it for a while, unseen.
  const isChat = () => Boolean(document.querySelector('[data-testid="stChatInput"]')?.offsetParent);
  const offer = () => {
    way.textContent = `↓ ${told("toTheEnd")}`;
    way.hidden = isFollowing || distance() < 100 || !isChat();
    const { left, width } = main.getBoundingClientRect();
    way.style.left = `${left + (width - way.offsetWidth) / 2}px`;
    // Above the composer and what can be done there, however high that is.
    const composer = document.querySelector('[data-testid="stBottom"]');
    const top = composer?.getBoundingClientRect().top ?? innerHeight;
    way.style.bottom = `${innerHeight - top + 8}px`;
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
    isFollowing ||= isAnother;
    if (isChat()) follow(isFollowing);
    else if (isAnother) main.scrollTop = 0;
  }).observe(main.querySelector('[data-testid="stVerticalBlock"]'));

  // Whoever asks wants to see the answer.
  const asks = (target) => target.closest?.('[data-testid="stChatInput"]');
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && asks(event.target)) follow(true);
  }, true);
  const ways = ["do-", "try-again-", "go-on-"].map((way) => `[class*="st-key-${way}"] button`);
  const asking = ['[data-testid="stChatInputSubmitButton"]', ...ways].join();
  document.addEventListener("click", (event) => {
    if (event.target.closest?.(asking)) follow(true);
  }, true);
  way.addEventListener("click", () => follow(true));

  // The composer comes last, when nothing grows any more.
  let wasChat = false;
  setInterval(() => {
    if (isChat() && !wasChat) follow(isFollowing);
    if (!isChat() && wasChat) offer();
    wasChat = isChat();
  }, 100);

  // Whoever opened what was found wants to see it, and not the end.
  setInterval(() => {
    const message = document.querySelector(`.st-key-message-${told("target") || "none"}`);
    if (!message || told("leading") === led) return;
    led = told("leading");
    address = location.pathname;
    follow(false);
    const isLong = message.offsetHeight > main.clientHeight / 2;
    message.scrollIntoView({ block: isLong ? "start" : "center" });
    last = main.scrollTop;
    message.classList.add("led-to");
    setTimeout(() => message.classList.remove("led-to"), 3000);
  }, 250);
})();
