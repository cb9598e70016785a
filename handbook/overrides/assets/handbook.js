/* Shows the print button, which can do nothing without a script. */
document.querySelectorAll("[data-hb-print]").forEach(function (button) {
  button.hidden = false;
  button.addEventListener("click", function () { window.print(); });
});

/* The theme's drawer and search are opened by labels, which a keyboard does not reach. */
document.querySelectorAll("label.md-header__button[for]").forEach(function (label) {
  label.tabIndex = 0;
  label.setAttribute("role", "button");
  if (!label.title && !label.getAttribute("aria-label")) {
    label.setAttribute("aria-label", label.htmlFor === "__search" ? "Search" : "Menu");
  }
  label.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    label.click();
  });
});
