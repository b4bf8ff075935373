mock_provider "google" {}

variables {
  project_id = "a-project"
  accessors = {
    admin = { platform = "serviceAccount:platform@a-project.iam.gserviceaccount.com" }
    viewer = {
      platform  = "serviceAccount:platform@a-project.iam.gserviceaccount.com"
      dashboard = "serviceAccount:dashboard@a-project.iam.gserviceaccount.com"
    }
  }
}

run "each_secret_is_read_by_those_it_names" {
  command = plan

  assert {
    condition = sort([for grant in google_secret_manager_secret_iam_member.accessor : "${grant.secret_id} ${grant.member}"]) == tolist([
      "admin serviceAccount:platform@a-project.iam.gserviceaccount.com",
      "viewer serviceAccount:dashboard@a-project.iam.gserviceaccount.com",
      "viewer serviceAccount:platform@a-project.iam.gserviceaccount.com",
    ])
    error_message = "a member reads the secrets it is named for and no other"
  }
  assert {
    condition     = alltrue([for secret in google_secret_manager_secret.this : length(secret.replication[0].auto) == 1])
    error_message = "without regions, Google chooses where copies lie"
  }
}

run "copies_stay_in_the_named_regions" {
  command = plan

  variables {
    replica_locations = ["europe-west1"]
  }

  assert {
    condition     = google_secret_manager_secret.this["admin"].replication[0].user_managed[0].replicas[0].location == "europe-west1"
    error_message = "a named region holds the copies"
  }
}

run "nobody_makes_a_secret_public" {
  command = plan

  variables {
    accessors = { admin = { everybody = "allUsers" } }
  }

  expect_failures = [var.accessors]
}
