resource "google_service_account" "platform" {
  project      = var.project_id
  account_id   = "${var.prefix}-platform"
  display_name = "Tagent platform"
}

resource "google_service_account" "dashboard" {
  project      = var.project_id
  account_id   = "${var.prefix}-dashboard"
  display_name = "Tagent dashboard"
}

# A person's own credentials give no identity token that Cloud Run takes from a program: the command line borrows this account.
resource "google_service_account" "people" {
  project      = var.project_id
  account_id   = "${var.prefix}-people"
  display_name = "People who call Tagent"
}

resource "google_service_account_iam_member" "person" {
  for_each = var.people

  service_account_id = google_service_account.people.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.value
}

resource "google_service_account" "service" {
  for_each = var.service_names

  project      = var.project_id
  account_id   = "${var.prefix}-${each.key}"
  display_name = "${each.key}, watched by Tagent"
}

# Everything else that an account may do is granted on the one thing that it is for: a secret, a service.
locals {
  platform_project_roles = concat(
    ["roles/logging.logWriter", "roles/monitoring.metricWriter"],
    var.platform_reads_logs ? ["roles/logging.viewer"] : [],
    var.platform_follows_operations ? ["roles/run.viewer"] : [],
  )
}

resource "google_project_iam_member" "platform" {
  for_each = toset(local.platform_project_roles)

  project = var.project_id
  role    = each.key
  member  = google_service_account.platform.member
}

resource "google_project_iam_member" "platform_database" {
  project = var.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.platform.member

  # Firestore has no policy of its own: the condition narrows the project's to one database.
  condition {
    title      = "${var.prefix}-database"
    expression = "resource.name == \"projects/${var.project_id}/databases/${var.firestore_database_id}\""
  }
}
