// What the page carries beside its scripts: objects as JSON, and bytes as base64.

/** The object of this name. */
export function carriedJson(name) {
  return JSON.parse(document.getElementById(`json-${name}`).textContent);
}

/** The bytes of this name, a Uint8Array. */
export function carriedBytes(name) {
  const base64 = document.getElementById(`bytes-${name}`).textContent;
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
