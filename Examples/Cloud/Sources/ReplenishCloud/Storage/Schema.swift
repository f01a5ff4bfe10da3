/// A step of the schema, as it was shipped; a later version only adds steps.
struct SchemaStep: Sendable {
  /// What is kept of it in the database once it is done.
  var name: String
  /// Statements in SQLite's words. PostgreSQL gets the same ones with its own words for the types.
  var sql: String
}

/// What is in the database.
enum Schema {
  /// A new step goes to the end, with the next number.
  static let steps: [SchemaStep] = [
    SchemaStep(name: "1 owners, devices, links, presses", sql: first),
    SchemaStep(
      name: "2 next keys of devices",
      sql: """
        ALTER TABLE device ADD COLUMN next_key BLOB;
        CREATE UNIQUE INDEX device_next_key ON device (next_key) WHERE next_key IS NOT NULL;
        """),
    SchemaStep(
      name: "3 erasure of owners",
      sql: """
        ALTER TABLE owner ADD COLUMN erased_at REAL;
        CREATE INDEX owner_erased ON owner (id) WHERE erased_at IS NOT NULL;
        """),
    // The numbers are the notifications' own and reach no owner.
    SchemaStep(
      name: "4 notifications of Amazon",
      sql: """
        CREATE TABLE notification (
          id TEXT PRIMARY KEY NOT NULL,
          expires_at REAL NOT NULL
        );
        ALTER TABLE press ADD COLUMN order_status_at REAL;
        """),
    // A digest of a token, for ten minutes: it reaches no owner, and outlasts the erasure of one.
    SchemaStep(
      name: "5 waves of refused refresh tokens",
      sql: """
        CREATE TABLE refusal (
          token BLOB PRIMARY KEY NOT NULL,
          refused_at REAL NOT NULL,
          is_live INTEGER NOT NULL
        );
        CREATE INDEX refusal_at ON refusal (refused_at);
        CREATE TABLE refusal_wave (
          id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
          passed_at REAL NOT NULL
        );
        ALTER TABLE registration ADD COLUMN refresh_after REAL;
        CREATE INDEX registration_live ON registration (id) WHERE state = 'live';
        """),
    SchemaStep(name: "6 apps and what owners allow them", sql: grants),
    // Revocations are counted, so that a look for new ones is as cheap as there are few of them.
    SchemaStep(
      name: "7 commands to devices",
      sql: """
        CREATE TABLE command (
          id TEXT PRIMARY KEY NOT NULL,
          ownership INTEGER NOT NULL REFERENCES ownership,
          action TEXT NOT NULL,
          seconds INTEGER NOT NULL,
          noted_at REAL NOT NULL,
          expires_at REAL NOT NULL,
          state TEXT NOT NULL
        );
        CREATE INDEX command_ownership ON command (ownership, noted_at);
        CREATE INDEX command_open ON command (expires_at) WHERE state = 'open';
        ALTER TABLE device ADD COLUMN revocation INTEGER;
        CREATE INDEX device_revocation ON device (revocation) WHERE revocation IS NOT NULL;
        """),
    // Events stay until they expire, so that a request which comes again makes no second one.
    SchemaStep(
      name: "8 events of the connector",
      sql: """
        CREATE TABLE connector_event (
          id TEXT PRIMARY KEY NOT NULL,
          grant_id TEXT NOT NULL,
          owner TEXT NOT NULL REFERENCES owner,
          user_id TEXT NOT NULL,
          connector TEXT NOT NULL,
          kind TEXT NOT NULL,
          reference TEXT NOT NULL,
          device TEXT,
          command TEXT,
          seconds INTEGER,
          state TEXT NOT NULL,
          noted_at REAL NOT NULL,
          expires_at REAL NOT NULL,
          attempts INTEGER NOT NULL DEFAULT 0,
          lease TEXT,
          lease_until REAL,
          next_attempt_at REAL NOT NULL
        );
        CREATE INDEX connector_event_open ON connector_event (next_attempt_at) WHERE state = 'open';
        CREATE INDEX connector_event_owner ON connector_event (owner);
        CREATE INDEX connector_event_expires ON connector_event (expires_at);
        """),
  ]

  /// Codes and tokens are digests. Whatever a grant has goes with it.
  private static let grants = """
    CREATE TABLE oauth_client (
      id TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      secret BLOB,
      redirect_uris TEXT NOT NULL,
      scopes TEXT NOT NULL,
      may_introspect INTEGER NOT NULL,
      created_at REAL NOT NULL
    );
    CREATE TABLE client_user (
      client TEXT NOT NULL REFERENCES oauth_client ON DELETE CASCADE,
      owner TEXT NOT NULL REFERENCES owner ON DELETE CASCADE,
      user_id TEXT NOT NULL UNIQUE,
      PRIMARY KEY (client, owner)
    );
    CREATE INDEX client_user_owner ON client_user (owner);
    CREATE TABLE access_grant (
      id TEXT PRIMARY KEY NOT NULL,
      client TEXT NOT NULL,
      owner TEXT NOT NULL,
      scope TEXT NOT NULL,
      created_at REAL NOT NULL,
      last_used_at REAL NOT NULL,
      FOREIGN KEY (client, owner) REFERENCES client_user (client, owner) ON DELETE CASCADE
    );
    CREATE INDEX access_grant_owner ON access_grant (owner);
    CREATE INDEX access_grant_client ON access_grant (client, owner);
    CREATE INDEX access_grant_used ON access_grant (last_used_at);
    CREATE TABLE authorization_code (
      digest BLOB PRIMARY KEY NOT NULL,
      access_grant TEXT NOT NULL REFERENCES access_grant ON DELETE CASCADE,
      redirect_uri TEXT,
      challenge TEXT,
      challenge_method TEXT,
      is_used INTEGER NOT NULL DEFAULT 0,
      expires_at REAL NOT NULL
    );
    CREATE INDEX authorization_code_grant ON authorization_code (access_grant);
    CREATE INDEX authorization_code_expiry ON authorization_code (expires_at);
    CREATE TABLE access_token (
      digest BLOB PRIMARY KEY NOT NULL,
      access_grant TEXT NOT NULL REFERENCES access_grant ON DELETE CASCADE,
      scope TEXT NOT NULL,
      expires_at REAL NOT NULL
    );
    CREATE INDEX access_token_grant ON access_token (access_grant, expires_at);
    CREATE INDEX access_token_expiry ON access_token (expires_at);
    CREATE TABLE refresh_token (
      digest BLOB PRIMARY KEY NOT NULL,
      access_grant TEXT NOT NULL REFERENCES access_grant ON DELETE CASCADE,
      predecessor BLOB,
      replaced_at REAL
    );
    CREATE INDEX refresh_token_grant ON refresh_token (access_grant);
    CREATE INDEX refresh_token_predecessor ON refresh_token (predecessor) WHERE predecessor IS NOT NULL;
    CREATE INDEX refresh_token_replaced ON refresh_token (replaced_at) WHERE replaced_at IS NOT NULL;
    CREATE TABLE shared_device (
      ownership INTEGER PRIMARY KEY NOT NULL REFERENCES ownership ON DELETE CASCADE,
      name TEXT NOT NULL UNIQUE
    );
    """

  private static let first = """
    CREATE TABLE sealing_key (
      id TEXT PRIMARY KEY NOT NULL,
      proof TEXT NOT NULL
    );

    CREATE TABLE owner (
      id TEXT PRIMARY KEY NOT NULL,
      email TEXT NOT NULL UNIQUE,
      password TEXT NOT NULL,
      created_at REAL NOT NULL
    );
    CREATE TABLE recovery_code (
      owner TEXT NOT NULL REFERENCES owner ON DELETE CASCADE,
      fingerprint BLOB NOT NULL,
      used_at REAL,
      PRIMARY KEY (owner, fingerprint)
    );
    CREATE TABLE session (
      fingerprint BLOB PRIMARY KEY NOT NULL,
      owner TEXT REFERENCES owner ON DELETE CASCADE,
      form_key TEXT NOT NULL,
      expires_at REAL NOT NULL
    );
    CREATE INDEX session_owner ON session (owner);
    CREATE TABLE mail_ticket (
      fingerprint BLOB PRIMARY KEY NOT NULL,
      purpose TEXT NOT NULL,
      email TEXT NOT NULL,
      expires_at REAL NOT NULL
    );
    CREATE INDEX mail_ticket_email ON mail_ticket (email);
    CREATE TABLE attempt (
      name TEXT NOT NULL,
      at REAL NOT NULL
    );
    CREATE INDEX attempt_name ON attempt (name, at);

    CREATE TABLE device (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      model TEXT NOT NULL,
      serial TEXT NOT NULL,
      claim_code BLOB NOT NULL UNIQUE,
      public_key BLOB NOT NULL UNIQUE,
      state TEXT NOT NULL DEFAULT 'active',
      present_at REAL,
      generation INTEGER NOT NULL DEFAULT 0,
      UNIQUE (model, serial)
    );
    CREATE INDEX device_serial ON device (serial);
    CREATE TABLE ownership (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      device INTEGER NOT NULL REFERENCES device,
      owner TEXT NOT NULL REFERENCES owner,
      claimed_at REAL NOT NULL,
      released_at REAL
    );
    CREATE UNIQUE INDEX ownership_device ON ownership (device) WHERE released_at IS NULL;
    CREATE INDEX ownership_owner ON ownership (owner);

    CREATE TABLE link_attempt (
      state BLOB PRIMARY KEY NOT NULL,
      session BLOB NOT NULL,
      ownership INTEGER NOT NULL REFERENCES ownership,
      verifier TEXT NOT NULL,
      expires_at REAL NOT NULL
    );
    CREATE TABLE amazon_account (
      user_id TEXT PRIMARY KEY NOT NULL,
      owner TEXT NOT NULL REFERENCES owner
    );
    CREATE TABLE registration (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      device INTEGER NOT NULL REFERENCES device,
      ownership INTEGER NOT NULL REFERENCES ownership,
      generation INTEGER NOT NULL,
      client_id TEXT NOT NULL,
      amazon_user TEXT NOT NULL,
      state TEXT NOT NULL,
      linked_at REAL NOT NULL,
      unlinked_at REAL,
      access_token TEXT,
      refresh_token TEXT,
      expires_at REAL NOT NULL,
      lease TEXT,
      lease_until REAL,
      next_attempt_at REAL
    );
    CREATE UNIQUE INDEX registration_device ON registration (device) WHERE state IN ('live', 'unlinking');
    CREATE INDEX registration_ownership ON registration (ownership);
    CREATE INDEX registration_amazon_user ON registration (amazon_user);
    CREATE TABLE slot (
      registration INTEGER NOT NULL REFERENCES registration ON DELETE CASCADE,
      slot TEXT NOT NULL,
      subscribed INTEGER NOT NULL,
      products TEXT NOT NULL,
      PRIMARY KEY (registration, slot)
    );

    CREATE TABLE press (
      device INTEGER NOT NULL REFERENCES device,
      id TEXT NOT NULL,
      ownership INTEGER REFERENCES ownership,
      registration INTEGER REFERENCES registration,
      generation INTEGER,
      slot TEXT NOT NULL,
      pressed_at REAL NOT NULL,
      received_at REAL NOT NULL,
      expires_at REAL NOT NULL,
      state TEXT NOT NULL,
      reason TEXT,
      joined TEXT,
      detail_code TEXT,
      event_instance_id TEXT,
      order_status TEXT,
      first_sent_at REAL,
      attempts INTEGER NOT NULL DEFAULT 0,
      lease TEXT,
      lease_until REAL,
      next_attempt_at REAL,
      PRIMARY KEY (device, id)
    ) WITHOUT ROWID;
    CREATE INDEX press_open ON press (next_attempt_at) WHERE state IN ('noted', 'sending') AND joined IS NULL;
    CREATE UNIQUE INDEX press_one_open ON press (registration, slot)
      WHERE state IN ('noted', 'sending') AND joined IS NULL;
    CREATE INDEX press_ownership ON press (ownership, received_at);
    CREATE INDEX press_device ON press (device, received_at);
    """
}
