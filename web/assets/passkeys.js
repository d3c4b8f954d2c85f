// Passkeys: asks the server for a challenge, the authenticator for an answer, and goes where the server says.
const passkeys = globalThis.SimpleWebAuthnBrowser;

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body ?? {}),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail ?? "PaySecure did not answer. Try again.");
  return answer;
}

const REFUSALS = {
  NotAllowedError: "It was cancelled, or took too long. Nothing has changed.",
  InvalidStateError: "This device has a passkey for your account already.",
  SecurityError: "The browser allows passkeys only for a name over https, or for localhost.",
};

async function withPasskey(button) {
  const { passkey, next } = button.dataset;
  if (passkey === "register") {
    const name = document.getElementById(button.dataset.nameFrom)?.value ?? "";
    const optionsJSON = await post("/account/passkeys/options");
    const credential = await passkeys.startRegistration({ optionsJSON });
    return await post("/account/passkeys", { name, credential });
  }
  const optionsJSON = await post("/sign-in/passkey/options");
  const credential = await passkeys.startAuthentication({ optionsJSON });
  return await post(passkey === "confirm" ? "/account/confirm/passkey" : "/sign-in/passkey", {
    credential,
    next,
  });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-passkey]");
  if (!button) return;
  event.preventDefault();
  const said = document.getElementById("passkey-said");
  said.textContent = "";
  button.disabled = true;
  try {
    const { next } = await withPasskey(button);
    location.assign(next);
  } catch (error) {
    said.textContent = REFUSALS[error.name] ?? error.message;
    button.disabled = false;
  }
});

if (!passkeys?.browserSupportsWebAuthn()) {
  for (const part of document.querySelectorAll("[data-needs-passkeys]")) part.hidden = true;
}
