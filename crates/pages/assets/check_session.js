/* Tells an application that frames this page whether the session it knows is still this browser's
   (OpenID Connect Session Management 1.0, section 3.2). Nothing is sent anywhere. ES5, and a hash of its own: browsers
   keep theirs from pages without TLS. */
(function () {
  'use strict';

  var COOKIE = 'lumoauth_session_state=';

  /* "client_id hash.salt" comes in; "unchanged", "changed" or "error" goes back. */
  window.addEventListener('message', function (event) {
    if (!isFromTheApplication(event)) { return; }
    var text = typeof event.data === 'string' ? event.data : '';
    var space = text.lastIndexOf(' ');
    var dot = text.lastIndexOf('.');
    if (space < 1 || dot < space + 2 || dot === text.length - 1 || event.origin === 'null') {
      answer(event, 'error');
      return;
    }
    var salt = text.slice(dot + 1);
    var state = browserState();
    var facts = [text.slice(0, space), event.origin, state, salt].join(' ');
    if (state && text.slice(space + 1) === base64url(sha256(utf8(facts))) + '.' + salt) {
      answer(event, 'unchanged');
    } else if (state) {
      answer(event, 'changed');
    } else {
      /* Nobody is signed in, or the browser keeps framed pages from their cookies: then there is no knowing, and an
         application that took it for a change would ask again and again. */
      whenCookiesAreKnown(function (areVisible) { answer(event, areVisible ? 'changed' : 'error'); });
    }
  });

  var answer = function (event, said) {
    event.source.postMessage(said, event.origin === 'null' ? '*' : event.origin);
  };

  /* Only the framing page, or another frame of its origin, may ask. */
  var isFromTheApplication = function (event) {
    if (window.parent === window || !event.source) { return false; }
    var ancestors = window.location.ancestorOrigins;
    var origin = ancestors && ancestors.length ? ancestors[0] : originOf(document.referrer);
    return event.source === window.parent || event.origin === origin;
  };

  var originOf = function (address) {
    var link = document.createElement('a');
    link.href = address;
    return address ? link.protocol + '//' + link.host : '';
  };

  var browserState = function () {
    var found = '';
    document.cookie.split('; ').forEach(function (cookie) {
      if (cookie.indexOf(COOKIE) === 0) { found = cookie.slice(COOKIE.length); }
    });
    return found;
  };

  var whenCookiesAreKnown = function (then) {
    if (!window.isSecureContext || !document.hasStorageAccess) { then(true); return; }
    document.hasStorageAccess().then(then, function () { then(true); });
  };

  var utf8 = function (text) {
    return unescape(encodeURIComponent(text)).split('').map(function (character) { return character.charCodeAt(0); });
  };

  var base64url = function (bytes) {
    return window.btoa(String.fromCharCode.apply(null, bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
  };

  /* SHA-256 (FIPS 180-4, section 6.2) of an array of bytes. */
  var sha256 = function (bytes) {
    var hash = START.slice();
    padded(bytes).forEach(function (block) {
      var words = expanded(block);
      var a = hash.slice();
      for (var round = 0; round < 64; round += 1) {
        var choice = (a[4] & a[5]) ^ (~a[4] & a[6]);
        var majority = (a[0] & a[1]) ^ (a[0] & a[2]) ^ (a[1] & a[2]);
        var first = (a[7] + mixed(a[4], 6, 11, 25) + choice + ROUNDS[round] + words[round]) | 0;
        var second = (mixed(a[0], 2, 13, 22) + majority) | 0;
        a = [(first + second) | 0, a[0], a[1], a[2], (a[3] + first) | 0, a[4], a[5], a[6]];
      }
      hash = hash.map(function (word, index) { return (word + a[index]) | 0; });
    });
    return hash.reduce(function (all, word) { return all.concat(bytesOf(word)); }, []);
  };

  /* The message, a one bit, zeros and its length in bits, as blocks of sixteen words. */
  var padded = function (bytes) {
    var message = bytes.concat([0x80]);
    while (message.length % 64 !== 56) { message.push(0); }
    message = message.concat(bytesOf(Math.floor(bytes.length / 0x20000000)), bytesOf(bytes.length << 3));
    var blocks = [];
    for (var at = 0; at < message.length; at += 4) {
      if (at % 64 === 0) { blocks.push([]); }
      var word = (message[at] << 24) | (message[at + 1] << 16) | (message[at + 2] << 8) | message[at + 3];
      blocks[blocks.length - 1].push(word);
    }
    return blocks;
  };

  var expanded = function (block) {
    var words = block.slice();
    for (var at = 16; at < 64; at += 1) {
      var early = words[at - 15];
      var late = words[at - 2];
      var low = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3);
      var high = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10);
      words.push((words[at - 16] + low + words[at - 7] + high) | 0);
    }
    return words;
  };

  var mixed = function (word, one, two, three) {
    return rotated(word, one) ^ rotated(word, two) ^ rotated(word, three);
  };

  var rotated = function (word, by) {
    return (word >>> by) | (word << (32 - by));
  };

  var bytesOf = function (word) {
    return [(word >>> 24) & 255, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
  };

  var START = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
  ];

  var ROUNDS = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
  ];
}());
