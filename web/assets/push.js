// Lets PaySecure tell this browser of alerts: subscribes with the browser's push service, and says so to the server.
const place = document.getElementById("push");
const said = document.getElementById("push-said");
const [on, off] = ["push-on", "push-off"].map((id) => document.getElementById(id));

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail ?? "PaySecure did not answer. Try again.");
}

async function registered() {
  return await navigator.serviceWorker.getRegistration("/assets/");
}

async function show() {
  const subscription = await (await registered())?.pushManager.getSubscription();
  on.hidden = Boolean(subscription);
  off.hidden = !subscription;
  if (subscription) said.textContent = "This browser is told of alerts.";
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted")
    throw new Error("The browser does not allow notifications from this site.");
  const worker = await navigator.serviceWorker.register(place.dataset.worker, { scope: "/assets/" });
  await waitUntilActive(worker);
  const subscription = await worker.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytes(place.dataset.key),
  });
  const { endpoint, keys } = subscription.toJSON();
  try {
    await post("/alerts/browser", { name: document.getElementById("push-name").value, endpoint, keys });
  } catch (error) {
    await subscription.unsubscribe();
    throw error;
  }
  location.reload();
}

async function waitUntilActive({ installing, waiting, active }) {
  const worker = installing ?? waiting;
  if (active || !worker) return;
  await new Promise((resolve) => {
    worker.addEventListener("statechange", () => worker.state === "activated" && resolve());
  });
}

async function unsubscribe() {
  const subscription = await (await registered())?.pushManager.getSubscription();
  if (!subscription) return;
  await post("/alerts/browser/remove", { endpoint: subscription.endpoint });
  await subscription.unsubscribe();
  location.reload();
}

function act(work) {
  return async (event) => {
    event.preventDefault();
    said.textContent = "";
    try {
      await work();
    } catch (error) {
      said.textContent = error.message;
    }
  };
}

if (place) {
  if (!("serviceWorker" in navigator) || !("PushManager" in globalThis)) {
    said.textContent = "This browser takes no pushes here: they need https, or localhost.";
  } else {
    place.querySelector("form").hidden = false;
    place.querySelector("form").addEventListener("submit", act(subscribe));
    off.addEventListener("click", act(unsubscribe));
    void show();
  }
}
