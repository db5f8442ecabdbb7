"""What does a store of 200 tables with 50 columns each look like, and what do questions of it need?"""

# ruff: noqa: E501 - data, one line each

from __future__ import annotations

from typing import Any

from worker.analysis.contract import Join, TableView

COMMON = (
    "id created_at updated_at status name notes source version is_active owner_id external_ref region".split()
)
"""Columns that most tables have: they tell nothing apart."""
WIDE = 50

# name: columns that matter in it (a `:` is followed by the kind, a `=` by values)
_MEANT: dict[str, str] = {
    "orders": "order_id customer_id order_date:date total_amount:number discount:number payment_method=Card|Cash",
    "order_items": "order_id product_id quantity:number unit_price:number line_total:number",
    "customers": "customer_id full_name country=Norway|Chile|Japan segment=Retail|Wholesale signup_date:date",
    "products": "product_id product_name category=Toys|Books brand list_price:number weight_kg:number",
    "suppliers": "supplier_id supplier_name lead_time_days:number rating:number",
    "purchase_orders": "po_id supplier_id ordered_on:date cost:number",
    "employees": "employee_id dept_id salary:number hire_date:date job_title=Engineer|Analyst",
    "departments": "dept_id dept_name budget:number floor:number",
    "leave_requests": "employee_id days:number leave_type=Sick|Holiday start_date:date",
    "payroll_runs": "employee_id gross_pay:number net_pay:number pay_date:date",
    "patients": "patient_id birth_date:date gender=F|M blood_type smoker=yes|no",
    "admissions": "patient_id ward=Cardiology|Oncology admitted_on:date discharged_on:date",
    "lab_results": "patient_id test_code glucose:number cholesterol:number",
    "prescriptions": "patient_id drug dose_mg:number prescribed_on:date",
    "flights": "flight_no origin destination departure_delay:number distance_km:number passengers:number",
    "airports": "iata city elevation_m:number runways:number",
    "bookings": "booking_id flight_no fare:number cabin=Economy|Business booked_at:date",
    "students": "student_id grade_level:number school_id birth_year:number",
    "exam_scores": "student_id subject=Math|Physics score:number exam_date:date",
    "schools": "school_id school_name district pupils:number",
    "support_tickets": "ticket_id customer_id priority=Urgent|Low first_response_minutes:number resolved_at:date",
    "web_sessions": "session_id visitor_id page_views:number bounce:number device=Mobile|Desktop",
    "ad_campaigns": "campaign_id channel=Radio|Billboard impressions:number clicks:number spend:number",
    "subscriptions": "customer_id plan_tier=Gold|Silver mrr:number cancelled_on:date churn_reason",
    "warehouses": "warehouse_id capacity_m3:number city",
    "inventory_levels": "warehouse_id product_id on_hand:number reorder_point:number",
    "shipments": "shipment_id order_id carrier=DHL|UPS shipped_on:date delivered_on:date freight_cost:number",
    "returns": "order_id return_reason=Damaged|Wrong refund:number returned_on:date",
    "vehicles": "vehicle_id make model_year:number odometer_km:number fuel_type=Diesel|Electric",
    "fuel_logs": "vehicle_id litres:number price_per_litre:number filled_on:date",
    "weather_stations": "station_id altitude:number latitude:number longitude:number",
    "weather_readings": "station_id temperature_c:number rainfall_mm:number wind_speed:number measured_at:date",
    "loans": "loan_id borrower_id principal:number interest_rate:number defaulted=yes|no",
    "bank_accounts": "account_id iban balance:number opened_on:date",
    "insurance_claims": "claim_id policy_no claim_amount:number peril=Fire|Flood",
    "machines": "machine_id plant installed_on:date",
    "sensor_readings": "machine_id vibration:number pressure_bar:number read_at:date",
    "downtime_events": "machine_id minutes_down:number cause=Jam|Power",
    "films": "film_id film_title director box_office:number runtime_min:number",
    "reviews": "film_id stars:number reviewer review_text",
}  # fmt: skip

# the question, and what of which tables it needs
QUESTIONS: list[tuple[str, str]] = [
    ("What is the total amount of orders?", "orders.total_amount"),
    ("Total order amount by country of the customer", "orders.total_amount customers.country orders.customer_id"),
    ("How many orders were paid with Cash?", "orders.payment_method"),
    ("Revenue by product category", "order_items.line_total products.category order_items.product_id"),
    ("average unit price per brand", "order_items.unit_price products.brand"),
    ("Which supplier has the best rating?", "suppliers.rating suppliers.supplier_name"),
    ("cost of purchase orders by supplier name", "purchase_orders.cost suppliers.supplier_name"),
    ("average salary by department", "employees.salary departments.dept_name employees.dept_id"),
    ("What do Engineers earn on average?", "employees.salary employees.job_title"),
    ("sick leave days per employee", "leave_requests.days leave_requests.employee_id leave_requests.leave_type"),
    ("trend of net pay by month", "payroll_runs.net_pay payroll_runs.pay_date"),
    ("How many patients smoke?", "patients.smoker"),
    ("length of stay in Cardiology", "admissions.ward admissions.admitted_on admissions.discharged_on"),
    ("average glucose for smokers and non-smokers", "lab_results.glucose patients.smoker lab_results.patient_id"),
    ("Which drug has the highest mean dose?", "prescriptions.drug prescriptions.dose_mg"),
    ("average departure delay by origin", "flights.departure_delay flights.origin"),
    ("passengers per destination city", "flights.passengers flights.destination airports.city"),
    ("total fare of Business cabin bookings", "bookings.fare bookings.cabin"),
    ("mean exam score in Physics by school", "exam_scores.score exam_scores.subject schools.school_name"),
    ("how many pupils are there per district?", "schools.pupils schools.district"),
    ("How fast do we respond to urgent tickets?", "support_tickets.first_response_minutes support_tickets.priority"),
    ("page views on mobile devices", "web_sessions.page_views web_sessions.device"),
    ("click-through rate of each campaign channel", "ad_campaigns.clicks ad_campaigns.impressions ad_campaigns.channel"),
    ("churn reasons of Gold subscribers", "subscriptions.churn_reason subscriptions.plan_tier"),
    ("MRR by country", "subscriptions.mrr customers.country"),
    ("Which warehouse is nearest to its capacity?", "warehouses.capacity_m3 warehouses.warehouse_id"),
    ("products with stock on hand below the reorder point", "inventory_levels.on_hand inventory_levels.reorder_point"),
    ("delivery time by carrier", "shipments.carrier shipments.delivered_on shipments.shipped_on"),
    ("How much was refunded for damaged goods?", "returns.refund returns.return_reason"),
    ("refunds by product category", "returns.refund products.category order_items.order_id order_items.product_id"),
    ("fuel used by electric and diesel vehicles", "fuel_logs.litres vehicles.fuel_type fuel_logs.vehicle_id"),
    ("odometer of the oldest model year", "vehicles.odometer_km vehicles.model_year"),
    ("monthly rainfall at stations above 500 m altitude", "weather_readings.rainfall_mm weather_stations.altitude"),
    ("correlation of wind speed and temperature", "weather_readings.wind_speed weather_readings.temperature_c"),
    ("default rate by interest rate", "loans.defaulted loans.interest_rate"),
    ("sum of balances of accounts opened in 2020", "bank_accounts.balance bank_accounts.opened_on"),
    ("claims for flood damage", "insurance_claims.claim_amount insurance_claims.peril"),
    ("minutes of downtime caused by a jam in each plant", "downtime_events.minutes_down downtime_events.cause machines.plant"),
    ("average vibration of machines per plant", "sensor_readings.vibration machines.plant sensor_readings.machine_id"),
    ("Which director has the best stars?", "reviews.stars films.director reviews.film_id"),
]  # fmt: skip
_SUBJECTS = (
    "audit batch cache candidate channel chart cluster contract cost courier credit crew debit defect depot device domain "
    "donor draft event export facility factor feed fleet forecast grant group hotel import incident ingredient invoice job "
    "ledger licence market meeting member message meter module network news notice office outlet parcel partner permit"
).split()
_KINDS = "archive summary staging registry".split()


def many_tables() -> tuple[TableView, ...]:
    """200 tables of 50 columns: 40 that are asked about, 160 others, mixed."""
    others = [f"{subject}_{kind}" for kind in _KINDS for subject in _SUBJECTS][: 200 - len(_MEANT)]
    meant = list(_MEANT)
    names = [name for pair in zip(others, [*meant, *[""] * 200], strict=False) for name in pair if name]
    names += [name for name in (*meant, *others) if name not in names]
    return tuple(_view(name, _MEANT.get(name, "")) for name in names)


def joins() -> tuple[Join, ...]:
    """Each column that names the key of another table."""
    keys = {"customer_id": "customers", "product_id": "products", "supplier_id": "suppliers", "dept_id": "departments",
            "patient_id": "patients", "flight_no": "flights", "school_id": "schools", "warehouse_id": "warehouses",
            "order_id": "orders", "vehicle_id": "vehicles", "station_id": "weather_stations", "machine_id": "machines",
            "film_id": "films", "student_id": "students", "employee_id": "employees"}  # fmt: skip
    found = [
        Join(name, column, keys[column], column, "many_to_one", 1.0)
        for name, columns in _MEANT.items()
        for column in (part.partition(":")[0].partition("=")[0] for part in columns.split())
        if column in keys and keys[column] != name
    ]
    return (*found, Join("flights", "destination", "airports", "iata", "many_to_one", 0.98))


def _view(name: str, meant: str) -> TableView:
    # Those that matter stand last, where a cut would fall.
    own = [_column(part) for part in meant.split()]
    filler = [_column(one) for one in COMMON]
    filler += [
        _column(f"{name.split('_')[0]}_attr_{at}:number") for at in range(WIDE - len(own) - len(filler))
    ]
    columns = [*filler, *own]
    sample = [[f"{column['name']} {row}" for column in columns] for row in range(5)]
    return TableView(name, {"name": name, "rows": 1000, "columns": columns, "sample": sample, "keys": []})


def _column(part: str) -> dict[str, Any]:
    head, _, values = part.partition("=")
    name, _, kind = head.partition(":")
    column: dict[str, Any] = {"name": name, "dtype": "object", "kind": "text", "nulls": 0, "unique": 900}
    if values:
        return {**column, "values": values.split("|"), "unique": values.count("|") + 1}
    if kind == "number":
        return {**column, "dtype": "float64", "kind": "number", "min": 0.5, "max": 99.5}
    if kind == "date":
        return {**column, "dtype": "datetime64[ns]", "kind": "date", "min": "2020-01-01", "max": "2024-12-31"}
    return column
