// Run by start.sh in mongosh until it ends with 0: 1 is "not yet", 3 "never".
const fs = require("fs");

const folder = process.env.SANDGLASS_SECRETS;
const secret = (name) => fs.readFileSync(`${folder}/${name}`, "utf8").trim();
const say = (text) => console.error(`mongo: ${text}`);
const PRIMARY_SECONDS = 30;

function openAdmin() {
  // Straight to the member: before it is set up there is no set to look for.
  const address = "mongodb://127.0.0.1:27017/?directConnection=true&serverSelectionTimeoutMS=2000";
  return new Mongo(address).getDB("admin");
}

function logsIn(admin, user, password) {
  try {
    admin.auth(user, password);
    return true;
  } catch (error) {
    if (error.codeName === "AuthenticationFailed" || error.code === 18) return false;
    throw error;
  }
}

function initiate(admin) {
  if (admin.runCommand({ hello: 1 }).setName) return;
  say("first start: making the replica set");
  try {
    const member = { _id: 0, host: "mongo:27017" };
    admin.runCommand({ replSetInitiate: { _id: "rs0", members: [member] } });
  } catch (error) {
    if (error.codeName !== "AlreadyInitialized") throw error;
  }
}

function awaitPrimary(admin) {
  for (let waited = 0; waited < PRIMARY_SECONDS; waited += 1) {
    if (admin.runCommand({ hello: 1 }).isWritablePrimary) return true;
    sleep(1000);
  }
  return false;
}

// From 127.0.0.1 a first user may be made by anyone, until there is one.
function becomeRoot(admin) {
  const password = secret("mongo_root_password");
  if (logsIn(admin, "root", password)) return true;
  try {
    admin.runCommand({ createUser: "root", pwd: password, roles: ["root"] });
  } catch (error) {
    if (error.codeName === "Unauthorized" || error.code === 13) return false;
    throw error;
  }
  say("first start: made the user root");
  return logsIn(admin, "root", password);
}

// The secret says what the password is: to change it, change the secret and start anew.
function keepUser(admin) {
  const password = secret("mongo_password");
  const roles = [{ role: "readWrite", db: "sandglass" }];
  if (admin.runCommand({ usersInfo: { user: "sandglass", db: "admin" } }).users.length === 0) {
    admin.runCommand({ createUser: "sandglass", pwd: password, roles });
    say("first start: made the user sandglass");
  } else if (!logsIn(openAdmin(), "sandglass", password)) {
    admin.runCommand({ updateUser: "sandglass", pwd: password, roles });
    say("the user sandglass has a new password now, that of the secret");
  }
}

function setUp() {
  const admin = openAdmin();
  initiate(admin);
  if (!awaitPrimary(admin)) {
    say(`no primary within ${PRIMARY_SECONDS} s`);
    return 1;
  }
  if (!becomeRoot(admin)) {
    say("the secret mongo_root_password is not the one that these data were made with; put the secrets of that time back");
    return 3;
  }
  keepUser(admin);
  return 0;
}

let code = 1;
try {
  code = setUp();
} catch (error) {
  say(`not yet: ${error.message}`);
}
process.exit(code);
