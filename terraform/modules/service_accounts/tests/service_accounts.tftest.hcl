mock_provider "google" {
  mock_resource "google_service_account" {
    defaults = { name = "projects/a-project/serviceAccounts/an-account@a-project.iam.gserviceaccount.com" }
  }
}

variables {
  project_id            = "a-project"
  service_names         = ["chat", "summary"]
  firestore_database_id = "tagent"
}

run "the_platform_alone_has_rights_on_the_project" {
  assert {
    condition     = sort([for grant in google_project_iam_member.platform : grant.role]) == tolist(["roles/logging.logWriter", "roles/monitoring.metricWriter"])
    error_message = "by default the platform writes logs and metrics, and reads neither"
  }
  assert {
    condition     = alltrue([for grant in google_project_iam_member.platform : grant.member == google_service_account.platform.member])
    error_message = "no other account has a role on the project"
  }
  assert {
    condition     = google_project_iam_member.platform_database.condition[0].expression == "resource.name == \"projects/a-project/databases/tagent\""
    error_message = "the platform reads and writes one database"
  }
  assert {
    condition     = [for account in google_service_account.service : account.account_id] == ["tagent-chat", "tagent-summary"]
    error_message = "each service has an account of its own"
  }
}

run "people_borrow_one_account" {
  variables {
    people = { sre = "group:sre@example.com" }
  }

  assert {
    condition     = google_service_account_iam_member.person["sre"].role == "roles/iam.serviceAccountTokenCreator" && google_service_account_iam_member.person["sre"].service_account_id == google_service_account.people.name
    error_message = "who is named may make identity tokens of the people's account, and of no other"
  }
}

run "nobody_unknown_borrows_it" {
  command = plan

  variables {
    people = { everybody = "allAuthenticatedUsers" }
  }

  expect_failures = [var.people]
}

run "more_rights_only_where_asked_for" {
  variables {
    platform_reads_logs         = true
    platform_follows_operations = true
  }

  assert {
    condition     = length(google_project_iam_member.platform) == 4
    error_message = "reading logs and following operations are one role each"
  }
}

run "a_service_is_not_called_like_one_of_ours" {
  command = plan

  variables {
    service_names = ["platform"]
  }

  expect_failures = [var.service_names]
}

run "a_name_too_long_for_an_account_is_refused" {
  command = plan

  variables {
    service_names = ["a-service-with-a-very-long-name"]
  }

  expect_failures = [var.service_names]
}
