"""payments-api: a payment service on Rails. Rule: invented, in the words of real Ruby errors."""

from crashgate_sandbox.world.platform import Crumb, Device, Headline, Kind, LibraryFrame, Place, Platform, Surface

_GIB = 1024**3

PLACES = (
    Place(
        file="app/services/payments/capture.rb",
        method="Payments::Capture#call",
        line=48,
        context="payments#capture",
        code=(
            "    def call(intent)",
            "      intent.with_lock do",
            "        charge = gateway.capture(intent.provider_ref, amount: intent.amount)",
            "        intent.update!(captured_at: charge.created_at)",
            "      end",
        ),
    ),
    Place(
        file="app/services/payments/gateway/client.rb",
        method="Payments::Gateway::Client#post",
        line=73,
        context="payments#create",
        code=(
            "      def post(path, body)",
            "        response = connection.post(path, body.to_json)",
            "        raise TimeoutError, path if response.nil?",
            "        JSON.parse(response.body)",
            "      end",
        ),
    ),
    Place(
        file="app/controllers/webhooks_controller.rb",
        method="WebhooksController#create",
        line=22,
        context="webhooks#create",
        code=(
            "  def create",
            "    verify_signature!",
            "    event = Webhooks::Event.from(params.require(:event))",
            "    Webhooks::Dispatch.perform_async(event.id)",
            "    head :accepted",
        ),
    ),
    Place(
        file="app/jobs/settlement_job.rb",
        method="SettlementJob#perform",
        line=31,
        context="SettlementJob",
        code=(
            "  def perform(date)",
            "    rows = Ledger.for(date).lock",
            "    rows.each { |row| row.settle!(rates.fetch(row.currency)) }",
            "    Report.deliver(date)",
            "  end",
        ),
    ),
    Place(
        file="app/models/refund.rb",
        method="Refund#approve!",
        line=64,
        context="refunds#update",
        code=(
            "  def approve!(by:)",
            "    transaction do",
            "      update!(state: :approved, approved_by: by)",
            "      payment.ledger_entries.create!(amount: -amount)",
            "    end",
        ),
    ),
    Place(
        file="app/controllers/api/v3/payment_intents_controller.rb",
        method="Api::V3::PaymentIntentsController#show",
        line=17,
        context="payment_intents#show",
        code=(
            "    def show",
            "      intent = current_account.payment_intents.find(params[:id])",
            "      render json: PaymentIntentSerializer.new(intent, secret: intent.secret.fetch(:client))",
            "    end",
            "",
        ),
    ),
)

RAILS = Platform(
    type="rails",
    language="ruby",
    surface=Surface.SERVER,
    app_id="payments-api",
    app_type="rails",
    runtime={"ruby": "3.4.7", "rails": "8.1.1"},
    headlines=(
        Headline(
            kind=Kind(
                error_class="Payments::Gateway::TimeoutError",
                message="POST /v1/captures did not answer within {ms} ms",
                cause=("Faraday::TimeoutError", "Net::ReadTimeout with #<TCPSocket:(closed)>"),
            ),
            place=1,
            events=540,
            age_days=12,
            stages=("production", "staging"),
            burst=55,
        ),
        Headline(
            kind=Kind(error_class="KeyError", message="key not found: :client"),
            place=5,
            events=276,
            age_days=3.3,
        ),
        Headline(
            kind=Kind(
                error_class="ActiveRecord::Deadlocked",
                message="PG::TRDeadlockDetected: ERROR: deadlock detected while settling {ref}",
            ),
            place=3,
            events=88,
            age_days=66,
            status="snoozed",
        ),
    ),
    kinds=(
        Kind(error_class="ActiveRecord::RecordNotFound", message="Couldn't find PaymentIntent with 'id'={ref}"),
        Kind(error_class="NoMethodError", message="undefined method 'created_at' for nil"),
        Kind(
            error_class="ActiveRecord::ConnectionTimeoutError",
            message="could not obtain a connection from the pool within 5.000 seconds; all {n} in use",
        ),
        Kind(error_class="Redis::CannotConnectError", message="Connection refused - connect(2) for {host}:6379"),
        Kind(
            error_class="Webhooks::SignatureMismatch",
            message="signature of webhook {ref} does not match",
            severity="warning",
            unhandled=False,
        ),
        Kind(error_class="JSON::ParserError", message="unexpected end of input at line 1 column {n}"),
        Kind(
            error_class="ActiveRecord::RecordNotUnique",
            message='PG::UniqueViolation: duplicate key value violates constraint "index_refunds_on_ref" ({ref})',
        ),
        Kind(error_class="Rack::Timeout::RequestTimeoutException", message="Request ran for longer than {ms}ms"),
        Kind(
            error_class="Payments::CardDeclined",
            message="card_declined for order {ref}: stolen_card",
            severity="info",
            unhandled=False,
        ),
        Kind(error_class="OpenSSL::SSL::SSLError", message="SSL_connect returned=1 errno=0 peeraddr={host}:443"),
        Kind(error_class="Sidekiq::JobRetry::Skip", message="job died after {n} attempts", severity="warning"),
    ),
    places=PLACES,
    above=(LibraryFrame(file="gems/faraday-2.14.0/lib/faraday/adapter/net_http.rb", method="rescue in call", line=69),),
    below=(
        LibraryFrame(file="gems/actionpack-8.1.1/lib/abstract_controller/base.rb", method="process_action", line=224),
        LibraryFrame(
            file="gems/actionpack-8.1.1/lib/action_controller/metal/rescue.rb", method="process_action", line=27
        ),
        LibraryFrame(file="gems/activesupport-8.1.1/lib/active_support/callbacks.rb", method="run_callbacks", line=120),
        LibraryFrame(file="gems/rack-3.2.4/lib/rack/head.rb", method="call", line=15),
        LibraryFrame(file="gems/rack-3.2.4/lib/rack/etag.rb", method="call", line=29),
        LibraryFrame(file="gems/railties-8.1.1/lib/rails/engine.rb", method="call", line=534),
        LibraryFrame(file="gems/puma-7.1.0/lib/puma/thread_pool.rb", method="block in spawn_thread", line=167),
    ),
    devices=(
        Device(hostname="payments-7d9c6b5f4-2kqzp", os_name="Linux", os_versions=("6.8.0",), memory=4 * _GIB),
        Device(hostname="payments-7d9c6b5f4-9xw7m", os_name="Linux", os_versions=("6.8.0",), memory=4 * _GIB),
        Device(hostname="payments-worker-5f66c8-hh4tn", os_name="Linux", os_versions=("6.8.0",), memory=2 * _GIB),
    ),
    trail=(
        Crumb(name="Processing by PaymentIntentsController#show as JSON", type="request", data={"format": "json"}),
        Crumb(name="ActiveRecord SQL query", type="process", data={"name": "Account Load", "duration": 1.2}),
        Crumb(name="ActiveRecord SQL query", type="process", data={"name": "PaymentIntent Load", "duration": 2.7}),
        Crumb(name="cache read", type="process", data={"key": "rates/EUR", "hit": False}),
        Crumb(name="POST api.gateway.example/v1/captures", type="request", data={"status": 0, "duration": 5003}),
        Crumb(name="retry 1 of 3", type="log", data={"wait": 0.5}),
        Crumb(name="POST api.gateway.example/v1/captures", type="request", data={"status": 0, "duration": 5001}),
        Crumb(name="retry 2 of 3", type="log", data={"wait": 1.0}),
        Crumb(name="circuit half open", type="state", data={"breaker": "gateway"}),
        Crumb(name="ActiveRecord transaction rolled back", type="process", data={"duration": 10031.4}),
        Crumb(name="Payments::Gateway::TimeoutError", type="error", data={"class": "Payments::Gateway::TimeoutError"}),
    ),
    urls=(
        "https://payments.acme.example/api/v3/payment_intents",
        "https://payments.acme.example/webhooks",
        "https://payments.acme.example/refunds/4711",
    ),
)
