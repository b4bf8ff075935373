locals {
  port = 8501

  environment = merge(
    {
      TAGENT_DASHBOARD_HOST    = "0.0.0.0"
      TAGENT_DASHBOARD_PORT    = tostring(local.port)
      TAGENT_DASHBOARD_SIGN_IN = "always"
      TAGENT_URL               = var.platform_url
    },
    var.oidc == null ? {} : {
      TAGENT_OIDC_CLIENT_ID    = var.oidc.client_id
      TAGENT_OIDC_METADATA_URL = var.oidc.metadata_url
      TAGENT_OIDC_REDIRECT_URI = var.oidc.redirect_uri
      TAGENT_OIDC_ROLES        = jsonencode(var.oidc.roles)
      TAGENT_OIDC_ROLE_CLAIM   = var.oidc.role_claim
      TAGENT_OIDC_SCOPES       = var.oidc.scopes
    },
  )
  secret_environment = merge(
    { TAGENT_TOKEN = var.token_secret_id },
    var.oidc == null ? {} : {
      TAGENT_OIDC_CLIENT_SECRET = var.oidc.client_secret_secret_id
      TAGENT_OIDC_COOKIE_SECRET = var.oidc.cookie_secret_secret_id
    },
  )
}

resource "google_cloud_run_v2_service" "this" {
  project             = var.project_id
  location            = var.region
  name                = var.name
  labels              = var.labels
  deletion_protection = var.deletion_protection
  ingress             = "INGRESS_TRAFFIC_ALL"

  template {
    service_account                  = var.service_account_email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = 500
    # A browser's websocket is one request.
    timeout          = "3600s"
    session_affinity = true

    # Sessions live in the memory of one process: with a second instance people would be asked to sign in again and again.
    scaling {
      min_instance_count = 1
      max_instance_count = 1
    }

    containers {
      name  = "dashboard"
      image = var.image

      ports {
        container_port = local.port
      }

      resources {
        limits = { cpu = var.cpu, memory = var.memory }
        # One poller watches the platform for everybody, between requests too.
        cpu_idle          = false
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = 5
        timeout_seconds   = 4
        failure_threshold = 24

        http_get {
          path = "/_stcore/health"
          port = local.port
        }
      }

      liveness_probe {
        period_seconds    = 10
        timeout_seconds   = 5
        failure_threshold = 3

        http_get {
          path = "/_stcore/health"
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
