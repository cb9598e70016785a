/* Shows the print button, which can do nothing without a script. */
document.querySelectorAll("[data-hb-print]").forEach(function (button) {
  button.hidden = false;
  button.addEventListener("click", function () { window.print(); });
});

/* The theme opens its menu and its search by labels, which neither a keyboard nor a screen reader reaches: put a button into each. */
var names = { __drawer: "Menu", __search: "Search" };
document.querySelectorAll("label.md-header__button[for]").forEach(function (label) {
  var name = names[label.htmlFor];
  if (!name) return;
  var button = document.createElement("button");
  button.type = "button";
  button.className = "hb-toggle";
  button.setAttribute("aria-label", name);
  button.append.apply(button, Array.from(label.childNodes));
  label.append(button);
  button.addEventListener("click", function (event) {
    event.preventDefault();
    document.getElementById(label.htmlFor).click();
  });
});
