mock_provider "google" {}

variables {
  project_id            = "a-project"
  region                = "us-central1"
  image                 = "dashboard:1"
  service_account_email = "tagent-dashboard@a-project.iam.gserviceaccount.com"
  platform_url          = "https://tagent-platform-1.us-central1.run.app"
  token_secret_id       = "tagent-viewer-token"
}

run "one_instance_keeps_the_sessions" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_service.this.template[0].scaling[0].max_instance_count == 1
    error_message = "sessions live in one process"
  }
  assert {
    condition     = google_cloud_run_v2_service.this.template[0].containers[0].resources[0].cpu_idle == false
    error_message = "the poller works between requests"
  }
  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.invoker) == 0
    error_message = "nobody gets in unless named"
  }
}

run "people_sign_in_with_their_account" {
  command = plan

  variables {
    token_secret_id = "tagent-admin-token"
    oidc = {
      client_id               = "a-client"
      client_secret_secret_id = "tagent-oidc-client-secret"
      cookie_secret_secret_id = "tagent-oidc-cookie-secret"
      metadata_url            = "https://accounts.google.com/.well-known/openid-configuration"
      redirect_uri            = "https://tagent-dashboard-1.us-central1.run.app/oauth2callback"
      roles                   = { sre = "operator", "*" = "viewer" }
    }
  }

  assert {
    condition = { for each in google_cloud_run_v2_service.this.template[0].containers[0].env : each.name => each.value_source[0].secret_key_ref[0].secret if length(each.value_source) > 0 } == {
      TAGENT_TOKEN              = "tagent-admin-token"
      TAGENT_OIDC_CLIENT_SECRET = "tagent-oidc-client-secret"
      TAGENT_OIDC_COOKIE_SECRET = "tagent-oidc-cookie-secret"
    }
    error_message = "every secret comes by reference"
  }
  assert {
    condition     = jsondecode({ for each in google_cloud_run_v2_service.this.template[0].containers[0].env : each.name => each.value }["TAGENT_OIDC_ROLES"]) == { sre = "operator", "*" = "viewer" }
    error_message = "roles travel as JSON"
  }
}

run "an_unknown_role_is_refused" {
  command = plan

  variables {
    oidc = {
      client_id               = "a-client"
      client_secret_secret_id = "a"
      cookie_secret_secret_id = "b"
      metadata_url            = "https://accounts.google.com/.well-known/openid-configuration"
      redirect_uri            = "https://tagent-dashboard-1.us-central1.run.app/oauth2callback"
      roles                   = { sre = "root" }
    }
  }

  expect_failures = [var.oidc]
}
