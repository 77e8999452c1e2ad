// A worker that solves one challenge of ALTCHA, version 2: PBKDF2 of the nonce and a counter, until
// the key begins as asked.
onmessage = async ({ data: asked }) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const hex = (key) => Array.from(key, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const nonce = bytes(asked.nonce);
  const derivation = {
    name: "PBKDF2",
    hash: asked.algorithm.split("/")[1],
    salt: bytes(asked.salt),
    iterations: asked.cost,
  };
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  const number = new DataView(password.buffer);
  for (let counter = 0; ; counter++) {
    number.setUint32(nonce.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const bits = await crypto.subtle.deriveBits(derivation, key, asked.keyLength * 8);
    const derivedKey = hex(new Uint8Array(bits));
    if (derivedKey.startsWith(asked.keyPrefix)) return postMessage({ counter, derivedKey });
  }
};
