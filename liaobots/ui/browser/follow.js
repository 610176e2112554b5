// Keeps the end of a chat in view while it is being written, as long as the reader is at the end.
// Streamlit's own scrolling pulls readers back down who scroll up while text arrives fast.
(() => {
  const main = document.querySelector("#stMain");
  if (!main || main.dataset.followed) return;
  main.dataset.followed = "yes";

  const pageData = (name) => document.querySelector("#page-data")?.dataset[name] ?? "";
  const button = document.body.appendChild(document.createElement("button"));
  button.id = "to-the-end";
  button.hidden = true;

  let isFollowing = true;
  let last = main.scrollTop;
  let address = location.pathname;
  let scrollCount = "0";

  const distance = () => main.scrollHeight - main.clientHeight - main.scrollTop;
  // A removed element may stay in the page for a while, invisible.
  const isChat = () => Boolean(document.querySelector('[data-testid="stChatInput"]')?.offsetParent);
  const updateButton = () => {
    button.textContent = `↓ ${pageData("toTheEnd")}`;
    button.hidden = isFollowing || distance() < 100 || !isChat();
    const { left, width } = main.getBoundingClientRect();
    button.style.left = `${left + (width - button.offsetWidth) / 2}px`;
    // Above the composer with its tools, whatever their height.
    const composer = document.querySelector('[data-testid="stBottom"]');
    const top = composer?.getBoundingClientRect().top ?? innerHeight;
    button.style.bottom = `${innerHeight - top + 8}px`;
  };
  const follow = (shouldFollow) => {
    isFollowing = shouldFollow;
    if (shouldFollow) main.scrollTop = main.scrollHeight;
    last = main.scrollTop;
    updateButton();
  };

  main.addEventListener("scroll", () => {
    const isUpwards = main.scrollTop < last - 1;
    last = main.scrollTop;
    if (distance() < 4) isFollowing = true;
    else if (isUpwards) isFollowing = false;
    updateButton();
  }, { passive: true });

  new ResizeObserver(() => {
    const isAnother = location.pathname !== address;
    address = location.pathname;
    isFollowing ||= isAnother;
    if (isChat()) follow(isFollowing);
    else if (isAnother) main.scrollTop = 0;
  }).observe(main.querySelector('[data-testid="stVerticalBlock"]'));

  // A visitor who asks wants to see the answer.
  const isComposer = (target) => target.closest?.('[data-testid="stChatInput"]');
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && isComposer(event.target)) follow(true);
  }, true);
  const keys = ["do-", "try-again-", "go-on-"].map((key) => `[class*="st-key-${key}"] button`);
  const askingButtons = ['[data-testid="stChatInputSubmitButton"]', ...keys].join();
  document.addEventListener("click", (event) => {
    if (event.target.closest?.(askingButtons)) follow(true);
  }, true);
  button.addEventListener("click", () => follow(true));

  // The composer is drawn last, when the observed block no longer changes its size.
  let wasChat = false;
  setInterval(() => {
    if (isChat() && !wasChat) follow(isFollowing);
    if (!isChat() && wasChat) updateButton();
    wasChat = isChat();
  }, 100);

  const LEAD_MILLISECONDS = 2000;
  let leadsUntil = 0;
  for (const scrolling of ["wheel", "touchmove", "keydown"])
    addEventListener(scrolling, () => { leadsUntil = 0; }, { passive: true });

  // A visitor who opened a search hit wants to see that message, and not the end of the chat.
  setInterval(() => {
    const message = document.querySelector(`.st-key-message-${pageData("target") || "none"}`);
    if (!message) return;
    // What is drawn later, above the message, would move it out of view again.
    if (pageData("leading") !== scrollCount) leadsUntil = Date.now() + LEAD_MILLISECONDS;
    else if (Date.now() > leadsUntil) return;
    scrollCount = pageData("leading");
    address = location.pathname;
    follow(false);
    const isLong = message.offsetHeight > main.clientHeight / 2;
    message.scrollIntoView({ block: isLong ? "start" : "center" });
    last = main.scrollTop;
    message.classList.add("led-to");
    setTimeout(() => message.classList.remove("led-to"), 3000);
  }, 250);
})();
