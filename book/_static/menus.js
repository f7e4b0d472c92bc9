// The header's menus: a press opens one; a second, a press or the focus elsewhere, or Escape closes it.
// Arrow keys go up and down in it.
(() => {
  const menus = () => [...document.querySelectorAll(".article-header-buttons .dropdown")];
  const button = (menu) => menu.querySelector(".dropdown-toggle");
  const isOpen = (menu) => button(menu).getAttribute("aria-expanded") === "true";
  const turn = (menu, open) => {
    button(menu).setAttribute("aria-expanded", String(open));
    menu.querySelector(".dropdown-menu").classList.toggle("show", open);
  };
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest(".dropdown-toggle");
    for (const menu of menus()) turn(menu, button(menu) === pressed && !isOpen(menu));
  });
  document.addEventListener("focusin", (event) => {
    for (const menu of menus()) if (isOpen(menu) && !menu.contains(event.target)) turn(menu, false);
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest(".article-header-buttons .dropdown");
    if (!menu) return;
    if (event.key === "Escape" && isOpen(menu)) {
      turn(menu, false);
      button(menu).focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      turn(menu, true);
      const items = [...menu.querySelectorAll(".dropdown-item")];
      const step = event.key === "ArrowDown" ? 1 : -1;
      const here = items.indexOf(document.activeElement);
      const next = here < 0 ? (step > 0 ? 0 : items.length - 1) : here + step;
      items[Math.max(0, Math.min(items.length - 1, next))].focus();
    }
  });
})();
