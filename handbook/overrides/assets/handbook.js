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

/* A search that finds nothing offers the same words again, each with a letter or two amiss: `~1` is how the theme's search is told so. */
var found = document.querySelector(".md-search-result__meta");
var nothing = document.querySelector(".hb-nothing");
if (found && nothing) {
  var none = JSON.parse(document.getElementById("__config").textContent).translations["search.result.none"];
  new MutationObserver(function () {
    var words = document.querySelector("[data-md-component=search-query]").value.match(/[\p{L}\p{N}]{4,}/gu) || [];
    var alike = words.map(function (word) { return word + (word.length > 7 ? "~2" : "~1"); });
    var link = nothing.querySelector(".hb-alike");
    link.href = "?q=" + encodeURIComponent(alike.join(" "));
    link.parentNode.hidden = !words.length || link.href === location.href.split("#")[0];
    nothing.hidden = found.textContent !== none;
  }).observe(found, { childList: true, characterData: true, subtree: true });
}
