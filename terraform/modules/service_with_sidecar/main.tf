locals {
  sidecar_port = 8080

  sidecar_environment = merge(var.sidecar.environment, {
    TAGENT_SERVICE      = var.name
    TAGENT_TARGET       = "127.0.0.1:${var.app.port}"
    TAGENT_PLATFORM_URL = var.platform_url
    TAGENT_CHECK_PATH   = var.app.health_path
  })
}

resource "google_cloud_run_v2_service" "this" {
  project             = var.project_id
  location            = var.region
  name                = var.name
  labels              = var.labels
  deletion_protection = var.deletion_protection
  ingress             = "INGRESS_TRAFFIC_ALL"

  template {
    service_account                  = var.service_account.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = var.concurrency
    timeout                          = "${var.request_timeout_s}s"

    scaling {
      min_instance_count = var.instances.min
      max_instance_count = var.instances.max
    }

    # Every request comes through here: the only container with a port.
    containers {
      name       = "sidecar"
      image      = var.sidecar.image
      depends_on = ["app"]

      ports {
        container_port = local.sidecar_port
      }

      resources {
        limits = { cpu = var.sidecar.cpu, memory = var.sidecar.memory }
        # It checks, reports and keeps a fault's lease between requests too.
        cpu_idle          = false
        startup_cpu_boost = true
      }

      # No liveness probe: a `down` fault would fail it.
      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 30

        tcp_socket {
          port = local.sidecar_port
        }
      }

      dynamic "env" {
        for_each = local.sidecar_environment

        content {
          name  = env.key
          value = env.value
        }
      }
      env {
        name = "TAGENT_TOKEN"

        value_source {
          secret_key_ref {
            secret  = var.token_secret_id
            version = "latest"
          }
        }
      }
    }

    containers {
      name    = "app"
      image   = var.app.image
      command = var.app.command
      args    = var.app.args

      resources {
        limits   = { cpu = var.app.cpu, memory = var.app.memory }
        cpu_idle = false
      }

      # The sidecar waits for it, so Cloud Run insists on it.
      startup_probe {
        period_seconds    = 5
        timeout_seconds   = 4
        failure_threshold = ceil(var.app.startup_timeout_s / 5)

        http_get {
          path = var.app.health_path
          port = var.app.port
        }
      }

      dynamic "liveness_probe" {
        for_each = var.app.restart_when_sick ? [true] : []

        content {
          period_seconds    = 10
          timeout_seconds   = 5
          failure_threshold = 3

          http_get {
            path = var.app.health_path
            port = var.app.port
          }
        }
      }

      dynamic "env" {
        for_each = var.app.environment

        content {
          name  = env.key
          value = env.value
        }
      }
      dynamic "env" {
        for_each = var.app.secret_environment

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
    # What Tagent changes when it heals: a restart is an annotation and a new revision, a rollback moves the traffic, a scale sets the
    # service's own minimum and maximum beside the template's.
    ignore_changes = [
      annotations,
      client,
      client_version,
      scaling,
      template[0].annotations,
      template[0].revision,
      traffic,
    ]
  }

  depends_on = [google_secret_manager_secret_iam_member.app]
}

resource "google_secret_manager_secret_iam_member" "app" {
  for_each = toset(values(var.app.secret_environment))

  project   = var.project_id
  secret_id = each.key
  role      = "roles/secretmanager.secretAccessor"
  member    = var.service_account.member
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.invokers

  project  = var.project_id
  location = google_cloud_run_v2_service.this.location
  name     = google_cloud_run_v2_service.this.name
  role     = "roles/run.invoker"
  member   = each.value
}

resource "google_cloud_run_v2_service_iam_member" "healer" {
  count = var.healer == null ? 0 : 1

  project  = var.project_id
  location = google_cloud_run_v2_service.this.location
  name     = google_cloud_run_v2_service.this.name
  role     = "roles/run.developer"
  member   = var.healer.member
}

# A new revision runs as the service's account, so whoever makes one must be allowed to use it.
resource "google_service_account_iam_member" "healer" {
  count = var.healer == null ? 0 : 1

  service_account_id = var.service_account.name
  role               = "roles/iam.serviceAccountUser"
  member             = var.healer.member
}
