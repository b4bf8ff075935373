# The secrets, without their values: a value in Terraform's state is no secret any more. deploy/gcloud/tokens.sh fills those that are
# empty, and `gcloud secrets versions add ID --data-file=-` any of them.
resource "google_secret_manager_secret" "this" {
  for_each = var.accessors

  project   = var.project_id
  secret_id = each.key

  replication {
    dynamic "auto" {
      for_each = length(var.replica_locations) == 0 ? [true] : []
      content {}
    }
    dynamic "user_managed" {
      for_each = length(var.replica_locations) > 0 ? [true] : []

      content {
        dynamic "replicas" {
          for_each = var.replica_locations

          content {
            location = replicas.value
          }
        }
      }
    }
  }
}

locals {
  # By names, since a member may be known only once its account is made.
  grants = merge([
    for id, members in var.accessors : { for name, member in members : "${id} ${name}" => { secret = id, member = member } }
  ]...)
}

resource "google_secret_manager_secret_iam_member" "accessor" {
  for_each = local.grants

  project   = var.project_id
  secret_id = google_secret_manager_secret.this[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value.member
}
