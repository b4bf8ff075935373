locals {
  port = 8000

  environment = merge(var.environment, {
    TAGENT_HOST               = "0.0.0.0"
    TAGENT_PORT               = tostring(local.port)
    TAGENT_HOME               = "/tmp/tagent"
    TAGENT_STORE              = "firestore"
    TAGENT_FIRESTORE_PROJECT  = var.project_id
    TAGENT_FIRESTORE_DATABASE = var.firestore_database_id
    TAGENT_RUNTIME            = "cloud_run"
    TAGENT_CLOUD_RUN_PROJECT  = var.project_id
    TAGENT_CLOUD_RUN_REGION   = var.region
  })
  secret_environment = merge(
    var.secret_environment,
    { for role, id in var.token_secret_ids : "TAGENT_${upper(role)}_TOKEN" => id },
  )
}

resource "google_cloud_run_v2_service" "this" {
  project             = var.project_id
  location            = var.region
  name                = var.name
  labels              = var.labels
  deletion_protection = var.deletion_protection
  ingress             = var.is_internal ? "INGRESS_TRAFFIC_INTERNAL_ONLY" : "INGRESS_TRAFFIC_ALL"

  template {
    service_account                  = var.service_account_email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = var.concurrency
    # A stream of events stays open as long as Cloud Run lets it; a sidecar's long-poll ends by itself long before.
    timeout = "3600s"

    scaling {
      min_instance_count = var.replicas.min
      max_instance_count = var.replicas.max
    }

    containers {
      name  = "platform"
      image = var.image

      ports {
        container_port = local.port
      }

      resources {
        limits = { cpu = var.cpu, memory = var.memory }
        # The loop heals and notices silence between requests too.
        cpu_idle          = false
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 30

        http_get {
          path = "/readyz"
          port = local.port
        }
      }

      # Not /readyz: a Firestore that is away must not restart the replicas, which still answer with what they know.
      liveness_probe {
        period_seconds    = 10
        timeout_seconds   = 5
        failure_threshold = 3

        http_get {
          path = "/healthz"
          port = local.port
        }
      }

      dynamic "env" {
        for_each = local.environment

        content {
          name  = env.key
          value = env.value
        }
      }
      dynamic "env" {
        for_each = local.secret_environment

        content {
          name = env.key

          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }
    }
  }

  lifecycle {
    # Who deployed last is no difference worth a roll-out.
    ignore_changes = [client, client_version]
  }
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.invokers

  project  = var.project_id
  location = google_cloud_run_v2_service.this.location
  name     = google_cloud_run_v2_service.this.name
  role     = "roles/run.invoker"
  member   = each.value
}
