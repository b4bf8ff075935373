mock_provider "google" {}

variables {
  project_id   = "a-project"
  location_id  = "us-central1"
  indexes_file = "./tests/indexes.json"
}

run "what_the_file_says_is_made" {
  command = plan

  assert {
    condition     = length(google_firestore_index.composite) == 1 && length(google_firestore_field.override) == 3
    error_message = "each index and each exempted field of the file is one resource"
  }
  assert {
    condition     = join(" ", [for field in one(values(google_firestore_index.composite)).fields : "${field.field_path}:${coalesce(field.order, field.array_config)}"]) == "kind:ASCENDING tags:CONTAINS"
    error_message = "an index's fields keep their order and direction"
  }
  assert {
    condition     = length(google_firestore_field.override["log.body"].index_config[0].indexes) == 0
    error_message = "an exempted field has no index at all"
  }
  assert {
    condition     = length(google_firestore_field.override["log.name"].index_config[0].indexes) == 1
    error_message = "a field that names indexes has those alone"
  }
  assert {
    condition     = [for name, field in google_firestore_field.override : name if length(field.ttl_config) > 0] == ["log.expires_at"]
    error_message = "the TTL is on the field that has it in the file, and on no other"
  }
}

run "data_is_protected_unless_said_otherwise" {
  command = plan

  assert {
    condition     = google_firestore_database.this.delete_protection_state == "DELETE_PROTECTION_ENABLED" && google_firestore_database.this.deletion_policy == "ABANDON"
    error_message = "a destroy must not take the data along"
  }
}

run "data_may_go_where_that_is_said" {
  command = plan

  variables {
    protect = false
  }

  assert {
    condition     = google_firestore_database.this.delete_protection_state == "DELETE_PROTECTION_DISABLED" && google_firestore_database.this.deletion_policy == "DELETE"
    error_message = "with protect off, a destroy removes the database"
  }
}

run "a_zone_is_no_location" {
  command = plan

  variables {
    location_id = "us-central1-a"
  }

  expect_failures = [var.location_id]
}

run "an_id_that_cannot_be_is_refused" {
  command = plan

  variables {
    database_id = "Tagent_1"
  }

  expect_failures = [var.database_id]
}
