# Applied, to nobody's cloud: what one module says reaches the next.
mock_provider "google" {
  mock_resource "google_cloud_run_v2_service" {
    defaults = { uri = "https://a-service-1.us-central1.run.app" }
  }
  mock_resource "google_service_account" {
    defaults = {
      name   = "projects/a-project/serviceAccounts/an-account@a-project.iam.gserviceaccount.com"
      member = "serviceAccount:an-account@a-project.iam.gserviceaccount.com"
    }
  }
}

variables {
  project_id            = "a-project"
  region                = "us-central1"
  images                = { platform = "platform:1", dashboard = "dashboard:1", sidecar = "sidecar:1" }
  require_image_digests = false
  services              = { chat = { app = { image = "chat:1" } } }
  people                = { sre = "group:sre@example.com" }
}

run "the_parts_find_each_other" {
  assert {
    condition     = output.platform_url == "https://a-service-1.us-central1.run.app" && keys(output.service_urls) == ["chat"]
    error_message = "who deploys is told where everything is"
  }
  assert {
    condition     = output.secret_ids == ["tagent-admin-token", "tagent-operator-token", "tagent-sidecar-chat", "tagent-viewer-token"]
    error_message = "a token for each role, and one for each sidecar"
  }
  assert {
    condition     = output.image_repository == "us-central1-docker.pkg.dev/a-project/tagent"
    error_message = "images have a place"
  }
}

run "who_signs_in_by_account_needs_more_secrets" {
  variables {
    dashboard = {
      oidc = {
        client_id    = "a-client"
        metadata_url = "https://accounts.google.com/.well-known/openid-configuration"
        redirect_uri = "https://tagent-dashboard-1.us-central1.run.app/oauth2callback"
        roles        = { "*" = "viewer" }
      }
    }
    platform = {
      environment        = { TAGENT_WEBHOOK_URL = "https://hooks.example.com/tagent" }
      secret_environment = { TAGENT_WEBHOOK_SECRET = "tagent-webhook-secret" }
    }
  }

  assert {
    condition     = length(setsubtract(["tagent-oidc-client-secret", "tagent-oidc-cookie-secret", "tagent-webhook-secret"], output.secret_ids)) == 0
    error_message = "each secret that something needs is made"
  }
}

run "a_tag_is_refused_where_digests_are_asked_for" {
  command = plan

  variables {
    require_image_digests = true
    services              = {}
  }

  expect_failures = [var.images]
}

run "a_services_tag_too" {
  command = plan

  variables {
    require_image_digests = true
    images = {
      platform  = "platform@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      dashboard = "dashboard@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      sidecar   = "sidecar@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    }
  }

  expect_failures = [var.services]
}

run "a_projects_number_is_no_id" {
  command = plan

  variables {
    project_id = "123456789012"
  }

  expect_failures = [var.project_id]
}
