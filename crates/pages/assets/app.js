/* Small comforts. Every page works without this file. ES5 on purpose: old browsers are welcome. */
(function () {
  'use strict';

  var each = function (selector, visit) {
    var found = document.querySelectorAll(selector);
    for (var i = 0; i < found.length; i += 1) { visit(found[i]); }
  };

  /* A button beside each password that shows it. */
  each('.secret', function (wrap) {
    var input = wrap.querySelector('input');
    var button = document.createElement('button');
    var show = wrap.getAttribute('data-show');
    var hide = wrap.getAttribute('data-hide');
    button.type = 'button';
    button.className = 'reveal';
    button.setAttribute('aria-controls', input.id);
    button.appendChild(document.createTextNode(show));
    button.onclick = function () {
      var hidden = input.type === 'password';
      input.type = hidden ? 'text' : 'password';
      button.firstChild.nodeValue = hidden ? hide : show;
    };
    /* A password must not be sent, or remembered, as plain text. */
    if (input.form) {
      input.form.addEventListener('submit', function () { input.type = 'password'; });
    }
    wrap.appendChild(button);
  });

  /* One press is enough: further ones are ignored for a while, or until the page is shown again. */
  each('form', function (form) {
    form.addEventListener('submit', function (event) {
      if (form.getAttribute('data-sent')) { event.preventDefault(); return; }
      form.setAttribute('data-sent', 'yes');
      window.setTimeout(function () { form.removeAttribute('data-sent'); }, 8000);
    });
  });
  window.addEventListener('pageshow', function (event) {
    if (event.persisted) { each('form', function (form) { form.removeAttribute('data-sent'); }); }
  });

  /* Times in the reader's own time zone, in the page's language as the reader's country writes it. */
  var language = document.documentElement.lang;
  var spoken = (navigator.languages || []).filter(function (tag) { return tag.split('-')[0] === language; })[0] || language;
  each('time', function (element) {
    var at = new Date(element.getAttribute('datetime'));
    try {
      element.textContent = at.toLocaleString(spoken, { dateStyle: 'medium', timeStyle: 'short' });
    } catch (ignored) { /* the text in UTC stays */ }
  });

  /* Signed out: the page goes on to the application by itself once every frame has loaded; here, if one takes too long. */
  each('a[data-leads-on]', function (link) {
    window.setTimeout(function () { window.location.replace(link.href); }, 5000);
  });

  /* The answer on its way back to an application. */
  each('form[data-auto-submit]', function (form) {
    form.submit();
  });
}());
